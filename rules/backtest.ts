import type { Role } from '../detectors/index.ts';
import { type CompiledRule, compiledOf, type SegmentTarget } from './compiled.ts';
import { type ExchangePart, judgeExchange } from './exchange/judge-exchange.ts';
import { type Bench, partOf, readSegment } from './read-segment.ts';
import { reads, segmentOfMessage } from './test-segments.ts';
import type { Target } from './types.ts';

/** A labelled row: who said what, and whether the label holds. */
export interface BacktestRow {
  readonly isPositive: boolean;
  readonly segments: readonly { readonly role: Role; readonly text: string }[];
}

/** What the rules made of a row. */
export interface BacktestedRow {
  readonly isPositive: boolean;
  /** Ids of the rules that fired on some segment. */
  readonly fired: ReadonlySet<string>;
  /** What the segments are, as targets. */
  readonly targets: ReadonlySet<SegmentTarget>;
  readonly tokens: number;
}

/** Counts over rows, and what they come to; null where a denominator is zero. */
export interface BacktestFigures {
  readonly rows: number;
  readonly positives: number;
  /** Rows that it fires on. */
  readonly fires: number;
  readonly truePositives: number;
  readonly falsePositives: number;
  readonly precision: number | null;
  readonly recall: number | null;
  /** False-positive rate: the share of the negative rows that it fires on. */
  readonly fpr: number | null;
}

export interface RuleFigures extends BacktestFigures {
  readonly ruleId: string;
  readonly ruleName: string;
  readonly target: Target;
}

export interface BacktestReport {
  /** In the order of the files; each rule on the rows that have a segment of its target. Rules that are off too. */
  readonly rules: readonly RuleFigures[];
  /** Any rule that is not off, on all rows. */
  readonly any: BacktestFigures;
}

/** Runs rules over labelled rows. */
export interface Backtest {
  /** Lets every rule judge the segments that its target covers: of the user `input`, of the assistant `output`,
   *  of the system `system`, of a tool `tool_result`. */
  run(row: BacktestRow): Promise<BacktestedRow>;
  report(rows: readonly BacktestedRow[]): BacktestReport;
}

/** A backtest of a loaded rule set. */
export function createBacktest(bench: Bench): Backtest {
  const rules = compiledOf(bench.ruleSet).compiledRules;
  const ofExchange = new Set(rules.filter((rule) => rule.isOfExchange).map(({ id }) => id));
  return {
    async run({ isPositive, segments }) {
      const refs = segments.map(({ role }, index) => segmentOfMessage(role, index));
      const fired = new Set<string>();
      const parts: ExchangePart[] = [];
      let tokens = 0;
      // One after another: rows are what is worked on at once, and a row of many messages must not fill the queue.
      for (const [index, segment] of refs.entries()) {
        const reading = rules.filter((rule) => reads(rule, segment.target));
        if (reading.length === 0) continue;
        const text = segments[index]?.text ?? '';
        const read = await readSegment(bench, { rules: reading, segment, text });
        for (const { ruleId } of read.settled) if (!ofExchange.has(ruleId)) fired.add(ruleId);
        parts.push(partOf(read));
        tokens += read.text.activations.tokens.length + (read.view?.activations.tokens.length ?? 0);
      }
      for (const { ruleId } of judgeExchange(bench.ruleSet, parts)) fired.add(ruleId);
      return { isPositive, fired, targets: new Set(refs.map(({ target }) => target)), tokens };
    },
    report: (rows) => reportOf(rules, rows),
  };
}

function reportOf(rules: readonly CompiledRule[], rows: readonly BacktestedRow[]): BacktestReport {
  const active = rules.filter(({ mode }) => mode !== 'off');
  return {
    rules: rules.map((rule) => {
      const { id, name, target } = rule;
      const read = rows.filter(({ targets }) => [...targets].some((one) => reads(rule, one)));
      const about = { ruleId: id, ruleName: name, target };
      return { ...about, ...figuresOf(read, ({ fired }) => fired.has(id)) };
    }),
    any: figuresOf(rows, ({ fired }) => active.some(({ id }) => fired.has(id))),
  };
}

function figuresOf(rows: readonly BacktestedRow[], fires: (row: BacktestedRow) => boolean): BacktestFigures {
  const positives = rows.filter(({ isPositive }) => isPositive).length;
  const called = rows.filter(fires);
  const truePositives = called.filter(({ isPositive }) => isPositive).length;
  const falsePositives = called.length - truePositives;
  return {
    rows: rows.length,
    positives,
    fires: called.length,
    truePositives,
    falsePositives,
    precision: ratio(truePositives, called.length),
    recall: ratio(truePositives, positives),
    fpr: ratio(falsePositives, rows.length - positives),
  };
}

function ratio(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}
