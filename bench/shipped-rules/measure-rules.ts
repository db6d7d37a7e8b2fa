import { availableParallelism } from 'node:os';
import { type Detector, wilson } from '../../detectors/index.ts';
import { mapInFlight } from '../../gateway/commands/map-in-flight.ts';
import {
  type BacktestedRow,
  createBacktest,
  isCalibratable,
  type Promised,
  promisesOf,
  type RuleSet,
  type Target,
} from '../../rules/index.ts';
import type { MeasuredRule, MeasuredRules, MeasuredShare } from '../../rules/measured.ts';
import { ROLE_OF_TARGET } from '../../rules/resolve-threshold.ts';
import type { RuleDefinition } from '../../rules/schema.ts';
import { decidingDigest, readShippedRules } from '../../rules/shipped-rules.ts';
import type { MeasuringRow } from '../detection/rows.ts';

export interface MeasuringBench {
  readonly detector: Detector;
  readonly ruleSet: RuleSet;
}

/** A row with the rules that fired on it. */
interface Judged {
  readonly row: MeasuringRow;
  readonly result: BacktestedRow;
}

const IN_FLIGHT = 16 * availableParallelism();
const ANY_HARM = 'any';
/** The parts that were written as ordinary traffic, not as a contrast to harm, begin so. Nobody looks for anything in them, so
 *  that a label which they do not carry is none of theirs. */
const ORDINARY = 'ordinary_';

/** Lets the rules judge every row, as the gateway would judge a segment, and counts. */
export async function measureRules(
  bench: MeasuringBench,
  rows: readonly MeasuringRow[],
): Promise<MeasuredRules> {
  const backtest = createBacktest(bench);
  let done = 0;
  const judged = await mapInFlight(rows, IN_FLIGHT, async (row): Promise<Judged> => {
    const { role, text } = row;
    const result = await backtest.run({ isPositive: false, segments: [{ role, text }] });
    done += 1;
    if (done % 500 === 0) process.stderr.write(`${done} of ${rows.length} rows\n`);
    return { row, result };
  });
  const kinds = Object.groupBy(rows, ({ part }) => part.split('/', 1)[0] ?? '');
  return {
    version: 1,
    featureset: bench.detector.featureset.digest,
    rows: Object.fromEntries(Object.entries(kinds).map(([kind, members]) => [kind, members?.length ?? 0])),
    rules: readShippedRules().map((rule) => measureRule(rule, judged, bench)),
    together: measureTogether(judged),
  };
}

/** Of all rules that flag or enforce. */
function measureTogether(judged: readonly Judged[]): MeasuredRules['together'] {
  const active = readShippedRules().flatMap(({ id, mode }) =>
    mode === 'flag' || mode === 'enforce' ? [id] : [],
  );
  const share = (members: readonly Judged[]) => shareOf(active, members);
  return {
    recall: share(judged.filter(({ row }) => row.labels[ANY_HARM] === 1)),
    nearMisses: share(judged.filter(({ row }) => row.labels[ANY_HARM] === 0 && !isOrdinary(row))),
    ordinary: share(judged.filter(({ row }) => isOrdinary(row))),
  };
}

function isOrdinary({ part }: MeasuringRow): boolean {
  return part.split('/').at(-1)?.startsWith(ORDINARY) ?? false;
}

function measureRule(rule: RuleDefinition, all: readonly Judged[], bench: MeasuringBench): MeasuredRule {
  const labels = labelsOf(rule);
  const read = all.filter(({ result }) => rule.target === 'any' || result.targets.has(rule.target));
  const labelled = read.filter(({ row }) => isLabelled(row, labels));
  const isWanted = ({ row }: Judged) => labels.some((label) => row.labels[label] === 1);
  const [wanted, others] = [labelled.filter(isWanted), labelled.filter((one) => !isWanted(one))];
  const nearMisses = others.filter(({ row }) => !isOrdinary(row));
  const wantedGroups = new Set(wanted.filter(({ row }) => row.group !== '').map(groupOf));
  const share = (members: readonly Judged[]) => shareOf([rule.id], members);
  return {
    id: rule.id,
    name: rule.name,
    decides: decidingDigest(rule),
    labels,
    promised: promisesOf(bench.ruleSet)
      .filter(({ ruleId }) => ruleId === rule.id)
      .map((one) => promisedBy(one, rule.target, bench)),
    recall: share(wanted),
    nearMisses: share(nearMisses),
    contrasts: share(nearMisses.filter((one) => wantedGroups.has(groupOf(one)))),
    ordinary: share(read.filter((one) => isOrdinary(one.row) && !isWanted(one))),
  };
}

/** Names of groups are of their part alone. */
function groupOf({ row: { part, group } }: Judged): string {
  return JSON.stringify([part, group]);
}

/** The concepts that a rule reads; rows are labelled by their names. */
function labelsOf({ detection }: RuleDefinition): string[] {
  const concepts = Object.values(detection).flatMap(({ signal }) => signal?.concept ?? []);
  return [...new Set(concepts)];
}

/** Known to be what is looked for, or known to be none of it. */
function isLabelled({ labels: given }: MeasuringRow, labels: readonly string[]): boolean {
  return labels.some((label) => given[label] === 1) || labels.every((label) => given[label] === 0);
}

/** Of the members on which any of the rules fires. */
function shareOf(ruleIds: readonly string[], members: readonly Judged[]): MeasuredShare {
  const hits = members.filter(({ result }) => ruleIds.some((id) => result.fired.has(id))).length;
  const rows = members.length;
  return { hits, rows, interval: rows === 0 ? null : rounded(wilson(hits, rows)) };
}

function promisedBy(
  { condition, signal, aggregate, rate }: Promised,
  target: Target,
  { detector }: MeasuringBench,
): MeasuredRule['promised'][number] {
  if (!isCalibratable(aggregate)) throw new TypeError(`${condition}: ${aggregate.kind} has no calibration`);
  const found = detector.featureset.threshold(signal, aggregate, rate, ROLE_OF_TARGET[target]);
  if ('refused' in found) throw new TypeError(`${condition}: ${found.message}`);
  const { value: threshold, segments, traffic, interval } = found;
  return { condition, rate, threshold, segments, traffic, interval: rounded(interval) };
}

function rounded([lower, upper]: readonly [number, number]): [number, number] {
  const to5 = (value: number) => Math.round(value * 1e5) / 1e5;
  return [to5(lower), to5(upper)];
}
