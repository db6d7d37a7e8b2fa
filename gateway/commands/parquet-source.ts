import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { KeptRange } from '../../alerts/index.ts';
import type { Featureset } from '../../detectors/index.ts';
import { createReplayer } from '../../rules/index.ts';
import { GatewayError } from '../gateway-error.ts';
import { openParquetHistory } from '../replay/parquet/merged-exchanges.ts';
import { CommandFailure } from './command.ts';
import type { ReplaySource, SourceRow } from './replay-source.ts';
import { isWithin, type ReviewedLate } from './reviewed.ts';

const MAX_FILES = 1_000;

export interface ParquetParts {
  readonly command: string;
  /** Files, or folders of `.parquet` files. */
  readonly from: readonly string[];
  readonly range: KeptRange;
  readonly featureset: Featureset;
}

/** What `rules export` wrote, with what reviewers had said by then.
 *  @throws {CommandFailure} naming the file; while reading too */
export async function openParquetSource({
  command,
  from,
  range,
  featureset,
}: ParquetParts): Promise<ReplaySource> {
  const told = (error: unknown) => failure(command, error);
  const paths = await filesIn(command, from);
  const history = await openParquetHistory(paths).catch((error: unknown) => Promise.reject(told(error)));
  const replayer = createReplayer(featureset);
  const kept = { exchanges: 0, from: null as string | null, to: null as string | null };
  const late = new Map<string, ReviewedLate>();
  let until: string | null = null;

  async function* read(): AsyncGenerator<SourceRow> {
    for await (const { cell, exchange } of history.read({ range, featureset })) {
      const { exchangeId, conversationId, endedAt, reviewed, rows } = cell;
      kept.exchanges += 1;
      kept.from ??= endedAt;
      kept.to = endedAt;
      if (until === null || cell.until > until) until = cell.until;
      for (const one of cell.late) if (isWithin(one, range)) late.set(`${one.exchangeId} ${one.ruleId}`, one);
      if (exchange === null) yield { amount: rows, tokens: 0, row: null, opened: 'damaged' };
      else {
        const opened = replayer.openUnpacked(exchange);
        const row = { exchangeId, conversationId, endedAt, reviewed };
        yield { amount: rows, tokens: opened.tokens, row, opened };
      }
    }
  }

  return {
    total: history.rows,
    unit: 'rows',
    async *read() {
      try {
        yield* read();
      } catch (error) {
        throw told(error);
      }
    },
    ended: () => ({ kept, late: [...late.values()], until }),
    close: history.close,
  };
}

/** What is wrong with a file is told to whoever named it. */
function failure(command: string, error: unknown): unknown {
  const { syscall, message } = error as NodeJS.ErrnoException;
  if (!(error instanceof GatewayError) && syscall === undefined) return error;
  return new CommandFailure(`${command}: --from ${message}`, { cause: error });
}

/** A file that is named twice is read once. */
async function filesIn(command: string, from: readonly string[]): Promise<string[]> {
  const found = new Map<string, string>();
  for (const path of from) {
    const named = await filesOf(path).catch((error: unknown) => Promise.reject(failure(command, error)));
    if (named.length === 0) throw new CommandFailure(`${command}: --from ${path}: has no file *.parquet`);
    for (const file of named) found.set(resolve(file), file);
  }
  if (found.size <= MAX_FILES) return [...found.values()];
  throw new CommandFailure(`${command}: --from names ${found.size} files, more than ${MAX_FILES}`);
}

/** The file itself, or all of a folder by their names. */
async function filesOf(path: string): Promise<string[]> {
  if (!(await stat(path)).isDirectory()) return [path];
  const names = await readdir(path);
  return names
    .filter((name) => name.endsWith('.parquet') && !name.startsWith('.'))
    .sort()
    .map((name) => join(path, name));
}
