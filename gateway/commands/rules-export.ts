import { rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type Featureset, openFeatureset } from '../../detectors/index.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { loadConfig } from '../config/load-config.ts';
import { modelFolder } from '../open-detector.ts';
import { ACTIVATION_COLUMNS, createExchangeRows } from '../replay/activation-table.ts';
import { createParquetTable } from '../replay/parquet-table.ts';
import { checkFree } from './check-folder.ts';
import {
  type Call,
  CommandFailure,
  type CommandIo,
  defineCommand,
  UsageError,
  writeJson,
} from './command.ts';
import { placeNew } from './place-new.ts';
import { type ReplayedHistory, replayHistory } from './replay-history.ts';
import { describeHistory } from './replay-report.ts';
import { openStoreSource, type ReplaySource } from './replay-source.ts';
import type { ReviewedLate } from './reviewed.ts';
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
reviewer said of it; the columns are in docs/activations.md. rules replay --from FILE.parquet and rules diff --replay --from
FILE.parquet hold rules against it, as they do against the store, to the last bit. No text, and no place of a token in it: neither is kept. It is
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
  const source = await openStoreSource({ command: COMMAND, config, range, featureset });
  const { history, ...written } = await write(out, {
    source,
    featureset,
    until: range.until,
    withConcepts: values.concepts === true,
    io,
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

interface WriteParts {
  readonly source: ReplaySource;
  readonly featureset: Featureset;
  readonly until: string;
  readonly withConcepts: boolean;
  readonly io: CommandIo;
}

/** Whole or not at all: what a range has come to is at its name once all of it is there. */
async function write(
  out: string,
  { source, featureset, until, withConcepts, io }: WriteParts,
): Promise<Exported> {
  const beside = join(dirname(out), `.${basename(out)}.${process.pid}.new`);
  // Before there is a file: a signal that comes between would end the process and leave it.
  const release = abandonOnSignal(beside);
  const table = openTable(beside, featureset);
  const rowsOf = createExchangeRows(featureset, withConcepts);
  const lateOf = createLateTurns(source);
  try {
    const history = await replayHistory({ command: COMMAND, source, io }, (opened, row) => {
      const { reviewed, endedAt } = row;
      rowsOf({ opened, row, reviewed, late: lateOf(endedAt), until }, (cells) => table.add(cells));
    });
    const written = table.finish();
    await placeNew(COMMAND, beside, out);
    return { history, ...written };
  } catch (error) {
    const { syscall, message } = error as NodeJS.ErrnoException;
    if (syscall === undefined) throw error;
    throw new CommandFailure(`${COMMAND}: ${out}: cannot be written: ${message}`, { cause: error });
  } finally {
    release();
    table.abandon();
  }
}

/** What reviewers said of records of no exchange goes with the first exchange that ended when the record began, or later. */
function createLateTurns(source: ReplaySource): (endedAt: string) => readonly ReviewedLate[] {
  let left = source.ended().late;
  return (endedAt) => {
    const due = left.filter(({ startedAt }) => startedAt <= endedAt);
    left = left.filter(({ startedAt }) => startedAt > endedAt);
    return due;
  };
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Takes what was written so far away where the command is told to end, and ends as it would have.
 *  @returns what gives that up */
function abandonOnSignal(path: string): () => void {
  const release = () => {
    for (const signal of SIGNALS) process.off(signal, end);
  };
  const end = (signal: NodeJS.Signals) => {
    release();
    rmSync(path, { force: true });
    process.kill(process.pid, signal);
  };
  for (const signal of SIGNALS) process.on(signal, end);
  return release;
}

function openTable(path: string, { name, version, digest }: Featureset) {
  return createParquetTable({
    path,
    columns: ACTIVATION_COLUMNS,
    createdBy: `telltale ${packageJson.version}`,
    about: { 'telltale.featureset': `${name} ${version}`, 'telltale.featureset.digest': digest },
  });
}
