import { createHash } from 'node:crypto';
import { findCycles } from '../find-cycles.ts';
import type { HiddenNames } from '../hidden-names.ts';
import { didYouMean } from '../nearest.ts';
import { positionOf } from '../problem.ts';
import { type Place, placeOf, problemAt, type RuleSource } from '../rule-source.ts';
import {
  boundsOf,
  type CorrelationDefinition,
  type CorrelationTest,
  parseDuration,
  type RuleDefinition,
} from '../schema.ts';
import type { ShapedFile } from '../scope.ts';
import type { CorrelationSummary, RuleProblem } from '../types.ts';
import { type CompiledAlert, compileAlert } from './group-alerts.ts';
import type { EventFieldName } from './types.ts';

/** A correlation with all its names resolved. */
export interface CompiledCorrelation extends CorrelationSummary {
  readonly version: number;
  readonly tags: readonly string[];
  /** Ids of rules and correlations whose findings are its events, in their order. */
  readonly ruleIds: readonly string[];
  readonly unless: ReadonlySet<string>;
  /** What must stay away afterwards, and how long; null where it fires at once. */
  readonly unlessThen: { readonly ruleIds: ReadonlySet<string>; readonly withinMs: number } | null;
  readonly groupBy: readonly EventFieldName[];
  readonly timespanMs: number;
  /** How many findings, values or rules, at least. */
  readonly needed: number;
  /** And at most: it is then decided when the timespan ends, see `windows.ts`. Null where it fires with the event that
   *  makes them enough. */
  readonly most: number | null;
  readonly field: EventFieldName | null;
  readonly alert: CompiledAlert | null;
  /** The same for two versions of it that mean the same: what was counted goes on counting. */
  readonly key: string;
  readonly tests: readonly CompiledEventTest[];
  readonly line: number;
  readonly column: number;
}

/** A test of a correlation, where it is written, and the ids of the rules that its events are of. */
export interface CompiledEventTest extends CorrelationTest {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly ruleIds: readonly string[];
}

export interface CorrelationResult {
  readonly correlations: readonly CompiledCorrelation[];
  readonly problems: readonly RuleProblem[];
}

/** What a correlation may name. */
type Named = Pick<RuleDefinition, 'id' | 'name' | 'mode'>;
/** Whether a name is to be told as one that nothing has. */
type IsMissed = (name: string) => boolean;

interface Written {
  readonly definition: CorrelationDefinition;
  readonly place: Place;
}

interface Others {
  readonly rules: readonly RuleSource[];
  readonly hidden: HiddenNames;
}

/** Resolves the correlations of all files against the rules and against each other. */
export function compileCorrelations(
  files: readonly ShapedFile[],
  { rules, hidden }: Others,
): CorrelationResult {
  const written = files.flatMap(({ document, file }) =>
    (file.correlations ?? []).map((definition, i): Written => {
      return { definition, place: { document, path: ['correlations', i] } };
    }),
  );
  const named: readonly Named[] = [...rules, ...written].map(({ definition }) => definition);
  const isMissed = (name: string) => find(name, named) === undefined && !hidden.has('rule', name);
  const problems = [
    ...written.flatMap((one, i) => takenNames(one, rules, written.slice(0, i))),
    ...written.flatMap((one) => wrongNames(one, named, isMissed)),
    ...written.flatMap((one) => wrongTests(one, named, isMissed)),
    ...circles(written),
    ...written.flatMap(warnings),
  ];
  const isWrong = problems.some(({ severity }) => severity === 'error');
  return { problems, correlations: isWrong ? [] : written.map((one) => compile(one, named)) };
}

function compile({ definition, place }: Written, named: readonly Named[]): CompiledCorrelation {
  const { id, name, title, level, mode, type, version, tags, field, condition, alert } = definition;
  const { unless_then: then } = definition;
  const idsOf = (names: readonly string[]) => names.flatMap((wanted) => find(wanted, named)?.id ?? []);
  const ruleIds = idsOf(definition.rules);
  const { least, most } = boundsOf(condition ?? { gte: ruleIds.length });
  const meaning = {
    type,
    ruleIds,
    unless: idsOf(definition.unless ?? []),
    groupBy: definition.group_by,
    timespanMs: parseDuration(definition.timespan),
    needed: least,
    field: field ?? null,
    // Left out where there is none: what was counted before there were such goes on counting.
    unlessThen:
      then === undefined ? undefined : { ruleIds: idsOf(then.rules), withinMs: parseDuration(then.within) },
    most: most ?? undefined,
  };
  const digest = createHash('sha256').update(JSON.stringify(meaning)).digest('hex').slice(0, 16);
  const { source } = place.document;
  const summary = { id, name, title, level, mode, file: source.file };
  const placeOf = (below: readonly PropertyKey[]) =>
    positionOf(source.text, place.document.offsetOf([...place.path, ...below]));
  const tests = definition.tests.map((test, i): CompiledEventTest => {
    const events = idsOf(test.events.map(({ rule }) => rule));
    return { ...test, file: source.file, ...placeOf(['tests', i]), ruleIds: events };
  });
  const rest = { version, tags, alert: compileAlert(alert), key: `${id} ${digest}` };
  const unless = new Set(meaning.unless);
  const unlessThen = meaning.unlessThen && {
    ...meaning.unlessThen,
    ruleIds: new Set(meaning.unlessThen.ruleIds),
  };
  const ends = { unlessThen: unlessThen ?? null, most };
  return { ...summary, ...meaning, unless, ...ends, ...rest, tests, ...placeOf([]) };
}

function find(wanted: string, named: readonly Named[]): Named | undefined {
  return named.find(({ id, name }) => id === wanted || name === wanted);
}

function wrongNames(
  { definition, place }: Written,
  named: readonly Named[],
  isMissed: IsMissed,
): RuleProblem[] {
  return namesOf(definition).flatMap(({ path, names }) =>
    names.flatMap((wanted, i) => {
      const message = isMissed(wanted) ? unknownName(wanted, named) : offName(wanted, definition, named);
      return message === undefined ? [] : [error(place, [...path, i], message)];
    }),
  );
}

/** Every list of rules that a correlation names, and where it stands. */
function namesOf({ rules, unless = [], unless_then: then }: CorrelationDefinition) {
  return [
    { path: ['rules'], names: rules },
    { path: ['unless'], names: unless },
    { path: ['unless_then', 'rules'], names: then?.rules ?? [] },
  ];
}

function offName(
  wanted: string,
  { mode }: CorrelationDefinition,
  named: readonly Named[],
): string | undefined {
  const found = find(wanted, named);
  if (found?.mode !== 'off' || mode === 'off') return undefined;
  return `"${found.name}" is off and gives no event; set its mode to shadow, or the correlation's to off`;
}

function unknownName(wanted: string, named: readonly Named[]): string {
  const names = named.map(({ name }) => name);
  const meant = didYouMean(wanted, names) || `; known are ${names.slice(0, 20).join(', ')}`;
  return `no rule and no correlation has the name or id "${wanted}"${meant}`;
}

/** Events of tests may be of any rule, also of one that is off. */
function wrongTests(
  { definition: { tests }, place }: Written,
  named: readonly Named[],
  isMissed: IsMissed,
): RuleProblem[] {
  return tests.flatMap(({ events }, test) =>
    events.flatMap(({ rule }, i) => {
      if (!isMissed(rule)) return [];
      return [error(place, ['tests', test, 'events', i, 'rule'], unknownName(rule, named))];
    }),
  );
}

function takenNames(
  { definition, place }: Written,
  rules: readonly RuleSource[],
  earlier: readonly Written[],
): RuleProblem[] {
  return (['id', 'name'] as const).flatMap((key) => {
    const value = definition[key];
    const isTaken = ({ definition: other }: { definition: Named }) => other[key] === value;
    const rule = rules.find(isTaken)?.locate([]);
    const at = rule ?? earlier.find(isTaken)?.place;
    if (at === undefined) return [];
    const whose = rule === undefined ? 'correlation' : 'rule';
    return [
      error(
        place,
        [key],
        `${key} ${value} is taken by the ${whose} at ${placeOf(at)}; give this one its own`,
      ),
    ];
  });
}

function circles(written: readonly Written[]): RuleProblem[] {
  const next = ({ definition }: Written) => {
    const names = new Set(namesOf(definition).flatMap((list) => list.names));
    return written.filter((other) => names.has(other.definition.id) || names.has(other.definition.name));
  };
  return [...findCycles(written, next)].map(([one, circle]) => {
    const way = [...circle, one].map(({ definition }) => definition.name).join(' > ');
    return error(
      one.place,
      ['rules'],
      `correlation "${one.definition.name}" goes in a circle: ${way}; leave one of them out of what another names`,
    );
  });
}

function warnings({ definition: { name, status, tests }, place }: Written): RuleProblem[] {
  const warn = (path: readonly PropertyKey[], message: string) =>
    problemAt({ ...place, path }, message, { severity: 'warning', isKey: true });
  return [
    ...(status === 'deprecated'
      ? [warn([...place.path, 'status'], `correlation "${name}" is deprecated`)]
      : []),
    ...(tests.length === 0 ? [warn(place.path, `correlation "${name}" has no tests`)] : []),
  ];
}

function error({ document, path }: Place, below: readonly PropertyKey[], message: string): RuleProblem {
  return problemAt({ document, path: [...path, ...below] }, message, { severity: 'error', isKey: false });
}
