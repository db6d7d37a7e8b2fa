import { rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type Featureset, openFeatureset } from '../../detectors/index.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { loadConfig } from '../config/load-config.ts';
import { modelFolder } from '../open-detector.ts';
import { ACTIVATION_COLUMNS, createExchangeRows } from '../replay/activation-table.ts';
import { createParquetTable, type ParquetTable } from '../replay/parquet-table.ts';
import { checkFree } from './check-folder.ts';
import { type Call, CommandFailure, defineCommand, UsageError, writeJson } from './command.ts';
import { type HistoryParts, type ReplayedHistory, replayHistory } from './replay-history.ts';
import { describeHistory } from './replay-report.ts';
import { type Reviewed, readReviewed } from './reviewed.ts';
import { timeRange } from './time-range.ts';

const COMMAND = 'rules export';

const options = {
  since: { type: 'string' },
  until: { type: 'string' },
  concepts: { type: 'boolean' },
  json: { type: 'boolean' },
} as const;

/** `telltale rules export`: kept activations for a notebook. */
export const rulesExportCommand = defineCommand({
  name: COMMAND,
  summary: 'Write what the reader saw of exchanges that passed to a Parquet file, for a notebook',
  usage: 'FILE.parquet [--since 7d] [--until TIME] [--concepts] [--json]',
  details: `
FILE.parquet  where it goes; a file that is there is never overwritten
--since TIME, --until TIME  which exchanges, as of rules replay
--concepts    also the value of every concept at every token, which makes the file about twice as large

A row for each token and signal: exchange, segment, token, signal, value, with the exchange's fields, verdict and what a
reviewer said of it; the columns are in docs/activations.md. No text, and no place of a token in it: neither is kept. It is
read page by page beside a gateway that runs, and written in groups of 65,536 rows, so memory does not grow with the range.

The file is a copy: retention and telltale erase do not reach it. It is readable by its owner alone. Exit code 1 where
nothing was ever kept or the file cannot be written.`,
  options,
  maxPositionals: 1,
  run: exportActivations,
});

async function exportActivations({ values, positionals, io }: Call<typeof options>): Promise<number> {
  const [out] = positionals;
  if (out === undefined) throw new UsageError(`${COMMAND}: the name of the file is needed`);
  const range = timeRange(COMMAND, values, new Date());
  await checkFree(`${COMMAND}: ${out}`, out);
  const config = loadConfig(io.env);
  const featureset = await openFeatureset(modelFolder(config));
  const parts = { command: COMMAND, dataDir: config.data, range, featureset, io };
  const reviewed = await readReviewed(config, range);
  const { history, ...written } = await write(out, parts, {
    reviewed,
    withConcepts: values.concepts === true,
  });
  if (values.json) writeJson(io, { file: out, ...written, ...history });
  else {
    io.stdout.write(describeHistory(history));
    io.stdout.write(`${out}: ${written.rows} rows, ${written.bytes} bytes\n`);
  }
  return 0;
}

interface Exported {
  readonly history: ReplayedHistory;
  readonly rows: number;
  readonly bytes: number;
}

/** Whole or not at all: what a range has come to is at its name once all of it is there. */
async function write(
  out: string,
  parts: HistoryParts,
  { reviewed, withConcepts }: { readonly reviewed: Reviewed; readonly withConcepts: boolean },
): Promise<Exported> {
  const beside = join(dirname(out), `.${basename(out)}.${process.pid}.new`);
  const table = openTable(beside, parts.featureset);
  const rowsOf = createExchangeRows(parts.featureset, withConcepts);
  try {
    const history = await replayHistory(parts, (opened, row) => {
      const review = reviewed.exchanges.get(row.exchangeId) ?? null;
      rowsOf({ opened, row, reviewed: review }, (cells) => table.add(cells));
    });
    const written = table.finish();
    await rename(beside, out);
    return { history, ...written };
  } catch (error) {
    table.abandon();
    const { syscall, message } = error as NodeJS.ErrnoException;
    if (syscall === undefined) throw error;
    throw new CommandFailure(`${COMMAND}: ${out}: cannot be written: ${message}`, { cause: error });
  }
}

function openTable(path: string, { name, version, digest }: Featureset): ParquetTable {
  return createParquetTable({
    path,
    columns: ACTIVATION_COLUMNS,
    createdBy: `telltale ${packageJson.version}`,
    about: { 'telltale.featureset': `${name} ${version}`, 'telltale.featureset.digest': digest },
  });
}
