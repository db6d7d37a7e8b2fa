import type { Detector } from '../../detectors/index.ts';
import {
  type BacktestFigures,
  type BacktestReport,
  createBacktest,
  type RuleSet,
} from '../../rules/index.ts';
import { type Call, type CommandIo, defineCommand, UsageError, writeJson } from './command.ts';
import { type EvalRow, readEvalRows, rowsWithLabel } from './eval-rows.ts';
import { loadRuleSet } from './load-rule-set.ts';
import { mapRows } from './map-rows.ts';
import { openDetector } from './open-detector.ts';
import { formatTable } from './table.ts';

const MAX_PATHS = 1_000;

const options = { label: { type: 'string' }, json: { type: 'boolean' } } as const;

/** `telltale rules backtest`: what the rules would have found in a labelled file. */
export const rulesBacktestCommand = defineCommand({
  name: 'rules backtest',
  summary: 'Measure what each rule finds in a labelled file',
  usage: 'FILE.jsonl [PATH …] --label NAME [--json]',
  details: `
FILE.jsonl    rows as of eval: {"text"} or {"messages"}, "labels", optional "role" and "topic"; a row without the label
              is left out
PATH          files or folders of rules; default the folder of TELLTALE_RULES, else the shipped rules
--label NAME  the label that the rules are measured against

A rule fires on a row if it fires on a judged segment that its target covers: of the user it is input, of the assistant
output, of the system system, of a tool tool_result; a text without a role is the user's. Each rule is measured on the
rows that have such a segment, rules that are off too; "any rule" is any that is not off, on all rows. precision: the
positive share of the rows it fires on; recall: the share of the positive rows it fires on; fpr: that of the negative
ones. What is undefined is null.`,
  options,
  maxPositionals: 1 + MAX_PATHS,
  run: runBacktest,
});

async function runBacktest({ values, positionals, io }: Call<typeof options>): Promise<number> {
  const [file, ...paths] = positionals;
  const { label } = values;
  if (file === undefined) throw new UsageError('rules backtest: a file of labelled rows is needed');
  if (label === undefined) throw new UsageError('rules backtest: --label is needed');
  const rows = rowsWithLabel(file, await readEvalRows(file), label);
  const { detector } = await openDetector(io.env);
  try {
    const ruleSet = await loadRuleSet(paths, detector.featureset, { io, isJson: values.json === true });
    if (ruleSet === null) return 1;
    const { report, tokens } = await measureRules({ ruleSet, detector, label, io }, rows);
    if (values.json) writeJson(io, { label, ...report, tokens });
    else io.stdout.write(describe(report, label));
    return 0;
  } finally {
    await detector.close();
  }
}

interface Parts {
  readonly ruleSet: RuleSet;
  readonly detector: Detector;
  readonly label: string;
  readonly io: CommandIo;
}

async function measureRules({ ruleSet, detector, label, io }: Parts, rows: readonly EvalRow[]) {
  const backtest = createBacktest({ ruleSet, detector });
  const judged = await mapRows({
    name: 'rules backtest',
    rows,
    detector,
    io,
    work: ({ labels, segments }: EvalRow) => backtest.run({ isPositive: labels.get(label) === 1, segments }),
    tokensOf: (row) => row.tokens,
  });
  const tokens = judged.reduce((total, row) => total + row.tokens, 0);
  return { report: backtest.report(judged), tokens };
}

function describe({ rules, any }: BacktestReport, label: string): string {
  const head = ['rule', 'target', 'rows', label, 'fires', 'precision', 'recall', 'FPR'];
  const line = (name: string, target: string, figures: BacktestFigures) => [
    name,
    target,
    ...[figures.rows, figures.positives, figures.fires].map(String),
    ...[figures.precision, figures.recall, figures.fpr].map(figure),
  ];
  const lines = rules.map((rule) => line(rule.ruleName, rule.target, rule));
  return formatTable([head, ...lines, line('any rule', '', any)]);
}

function figure(value: number | null): string {
  return value === null ? '-' : value.toFixed(3);
}
