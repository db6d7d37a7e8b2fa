import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Detector } from '../../detectors/index.ts';
import {
  type Call,
  CommandFailure,
  type CommandIo,
  defineCommand,
  UsageError,
  writeJson,
} from './command.ts';
import { type EvalReport, reportOf } from './eval-report.ts';
import { type EvalRow, readEvalRows, rowsWithLabel } from './eval-rows.ts';
import { mapRows } from './map-rows.ts';
import { openDetector } from './open-detector.ts';
import { type RowScores, scoreOf, scoreRow } from './row-scores.ts';
import { formatTable } from './table.ts';

const options = {
  data: { type: 'string' },
  label: { type: 'string' },
  scores: { type: 'string' },
  json: { type: 'boolean' },
} as const;

/** `telltale eval`: measures the concepts on a labelled file. */
export const evalCommand = defineCommand({
  name: 'eval',
  summary: 'Measure a concept, or all of them together, on a labelled file',
  usage: '--data FILE.jsonl --label NAME|any [--scores OUT.jsonl] [--json]',
  details: `
Rows: {"text"} or {"messages": [{"role", "content"}]}, with "labels": {NAME: 0|1}. A row without the label is left
out. Optional "role": only segments of this role are judged (document and function count as tool, developer as
system); of a text it is the role, else user. Optional "topic".

A concept's score of a segment is its own aggregate over the segment's tokens; a row's is that of its strongest judged
segment, which is read a second time without its disguise where it wears one. The calibrated score is -log10 of the share of ordinary segments that score so high: 2 is one in a hundred, 3
one in a thousand; beyond the sample the tail is extended log-linearly. For a NAME it is that concept's, for "any" the
strongest of the readings that the model's manifest lists for it, calibrated as a whole.

The threshold is 2, the calibrated score that 1 % of ordinary segments reach. precision, recall, f1 and
fpr are measured at it; recall_at_1pct_fpr is the highest recall with at most 1 % false positives on these rows; auprc
is average precision. by_concept holds each concept against the label of its own name, on the rows that carry it.
What is undefined, for example with one class only, is null.

--scores writes one line a row: its line number, label, score, and every concept's calibrated score and value.`,
  options,
  maxPositionals: 0,
  run: runEval,
});

async function runEval({ values, io }: Call<typeof options>): Promise<number> {
  const { data, label } = values;
  if (data === undefined || label === undefined) throw new UsageError('eval: --data and --label are needed');
  const rows = await readEvalRows(data);
  const { detector } = await openDetector(io.env);
  try {
    const concepts = detector.featureset.concepts.map(({ name }) => name);
    if (label !== 'any' && !concepts.includes(label)) {
      throw new UsageError(
        `eval: --label ${label} is no concept; known: ${[...new Set(['any', ...concepts])].join(', ')}`,
      );
    }
    const labelled = rowsWithLabel(data, rows, label);
    const startedMs = performance.now();
    const scored = await scoreRows(detector, labelled, io);
    const seconds = Math.round(performance.now() - startedMs) / 1000;
    const report = reportOf(scored, label);
    if (values.scores !== undefined) await writeScores(values.scores, scored, label);
    const result = { ...report, tokens: scored.reduce((total, { tokens }) => total + tokens, 0), seconds };
    if (values.json) writeJson(io, result);
    else io.stdout.write(describe(result, label));
    return 0;
  } finally {
    await detector.close();
  }
}

function scoreRows(detector: Detector, rows: readonly EvalRow[], io: CommandIo): Promise<RowScores[]> {
  return mapRows({
    name: 'eval',
    rows,
    detector,
    io,
    work: (row) => scoreRow(detector, row),
    tokensOf: (scores) => scores.tokens,
  });
}

async function writeScores(file: string, scored: readonly RowScores[], label: string): Promise<void> {
  const lines = scored.values().map((scores) => {
    const { row, concepts } = scores;
    const line = {
      row: row.line,
      label: row.labels.get(label),
      score: scoreOf(scores, label),
      concepts: Object.fromEntries(concepts),
    };
    return `${JSON.stringify(line)}\n`;
  });
  await pipeline(Readable.from(lines), createWriteStream(file)).catch((cause: Error) => {
    throw new CommandFailure(`${file}: cannot be written: ${cause.message}`, { cause });
  });
}

function describe(report: EvalReport & { tokens: number; seconds: number }, label: string): string {
  const row = (name: string, figures: EvalReport['by_concept'][string]) => [
    name,
    String(figures.rows),
    String(figures.positives),
    ...[figures.auroc, figures.auprc, figures.recall_at_1pct_fpr].map(figure),
    ...[figures.precision, figures.recall, figures.fpr].map(figure),
  ];
  const head = ['', 'rows', 'positive', 'AUROC', 'AUPRC', 'R@1%FPR', 'precision', 'recall', 'FPR'];
  const concepts = Object.entries(report.by_concept).filter(([name, { rows }]) => name !== label && rows > 0);
  const table = formatTable([
    head,
    row(label, report),
    ...concepts.map(([name, figures]) => row(name, figures)),
  ]);
  return `${table}\nthreshold ${report.threshold.toFixed(3)}; ${report.tokens} tokens in ${report.seconds} s\n`;
}

function figure(value: number | null): string {
  return value === null ? '-' : value.toFixed(3);
}
