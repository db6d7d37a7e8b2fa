import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { formatTable } from '../gateway/commands/table.ts';
import { machine } from './machine.ts';
import { type ExportedHistory, type HeldRules, holdRules } from './replay/hold-rules.ts';
import { type ScoredHistory, scoreHistory } from './replay/score-history.ts';

/** `npm run -s bench:replay -- [--tokens N] [--rounds N] [--out FILE]`: how long a rule change takes over a history of a
 *  million tokens, and how much disk that is. The texts are the rows that were written for training, each scored once by
 *  the shipped reader, which takes most of the time; then the shipped rules, one changed rule, and both sets as a diff are
 *  held against what was kept, and against a Parquet file of the same. Processor time of the whole process beside wall time,
 *  since the machine may be busy: its load stands beside. JSON on standard output, progress and a table on standard error. */

const { values } = parseArgs({
  options: {
    tokens: { type: 'string', default: '1000000' },
    rounds: { type: 'string', default: '3' },
    out: { type: 'string' },
  },
});

const folder = mkdtempSync(join(tmpdir(), 'telltale-bench-replay-'));
try {
  const history = await scoreHistory(folder, Number(values.tokens));
  const { tokens, reader_us_per_token: readerUs } = history;
  const load = loadavg()[1];
  const { exported, results } = await holdRules({ folder, tokens, readerUs, rounds: Number(values.rounds) });
  /** Five minutes' average of what wants the cores, this bench among it: while scoring, and at the end. */
  const loads = [load, loadavg()[1]];
  const report = {
    machine: { ...machine(), load_average: loads },
    ...history,
    rounds: Number(values.rounds),
    exported,
    results,
  };
  process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  process.stderr.write(tableOf({ history, exported, results }));
  if (values.out !== undefined) writeFileSync(values.out, `${JSON.stringify(report, null, 2)}\n`);
} finally {
  rmSync(folder, { recursive: true });
}

interface Reported {
  readonly history: ScoredHistory;
  readonly exported: ExportedHistory;
  readonly results: readonly HeldRules[];
}

function tableOf({ history, exported, results }: Reported): string {
  const { tokens, exchanges, reader_us_per_token: reader, keep_us_per_token: kept, megabytes } = history;
  const rows = results.map((held) => [
    held.what,
    String(held.rules),
    held.first_seconds.toFixed(1),
    held.seconds.toFixed(1),
    held.cpu_seconds.toFixed(1),
    held.us_per_token.toFixed(2),
    `${(100 * held.of_reader).toFixed(2)} %`,
    String(held.exchanges),
    held.parquet.seconds.toFixed(1),
    held.parquet.cpu_seconds.toFixed(1),
    `${held.parquet.cpu_of_store.toFixed(2)} x`,
  ]);
  const head = [
    'held against it',
    'rules',
    'first s',
    's',
    'cpu s',
    'us/token',
    'of reader',
    'exchanges',
    'Parquet s',
    'cpu s',
    'of store',
  ];
  const { cpu_seconds: cpu, megabytes: size } = exported;
  return [
    `${tokens} tokens in ${exchanges} exchanges, ${megabytes.toFixed(0)} MB\n`,
    `reader ${reader.toFixed(0)} us/token, keeping ${kept.toFixed(1)} us/token\n`,
    `exported as Parquet in ${cpu.toFixed(1)} s of processor, ${size.toFixed(0)} MB\n`,
    formatTable([head, ...rows]),
  ].join('');
}
