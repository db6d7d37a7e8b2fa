import type { CompiledRuleSet } from '../compiled.ts';
import type { Finding } from '../types.ts';
import type { CompiledCorrelation } from './compile-correlations.ts';
import { groupOf } from './groups.ts';
import type { EventFields, FindingPlace, KeptEvent, Observed, Waiting } from './types.ts';
import { MAX_TOLD, type Match } from './waiting.ts';

/** What a correlation finds in the moment of its last event. */
export function findingOf(
  rules: CompiledRuleSet,
  correlation: CompiledCorrelation,
  { last, events }: Match,
): Pick<Observed, 'finding' | 'fingerprint'> {
  const { finding: place, fields } = last;
  const { ruleId } = last.finding;
  const told = events.slice(-MAX_TOLD);
  const finding = assemble(rules, correlation, { place, fields, ruleId, count: events.length, told });
  return { finding, fingerprint: null };
}

/** What a correlation finds once nothing has followed. */
export function lateFinding(
  rules: CompiledRuleSet,
  correlation: CompiledCorrelation,
  { due, events, count, fields, place, subject }: Waiting,
): Observed {
  const ruleId = events.at(-1)?.ruleId ?? '';
  const finding = assemble(rules, correlation, { place, fields, ruleId, count, told: events });
  return { finding, at: due, fields, fingerprint: null, subject };
}

interface Parts {
  readonly place: FindingPlace;
  readonly fields: EventFields;
  /** Of the last event. */
  readonly ruleId: string;
  readonly count: number;
  readonly told: readonly KeptEvent[];
}

function assemble(
  { digest }: CompiledRuleSet,
  correlation: CompiledCorrelation,
  { place, fields, ruleId, count, told }: Parts,
): Finding {
  const { segment, firstToken, lastToken, span } = place;
  const { id, name, title, version, level, mode, tags, type, timespanMs, groupBy } = correlation;
  return {
    ruleId: id,
    ruleName: name,
    ruleTitle: title,
    ruleVersion: version,
    ruleSetDigest: digest,
    level,
    mode,
    action: 'flag',
    tags,
    segment,
    firstToken,
    lastToken,
    span,
    conditions: [],
    features: [],
    correlation: {
      type,
      group: groupOf(groupBy, { ruleId, fields }),
      timespanMs,
      count,
      events: told.map((event) => ({ ruleId: event.ruleId, exchangeId: event.exchange, at: event.at })),
    },
  };
}
