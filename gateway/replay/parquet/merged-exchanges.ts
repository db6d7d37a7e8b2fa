import { type FileExchange, type FileParts, openReplayFile, readFileExchanges } from './parquet-history.ts';
import type { ParquetInput } from './parquet-input.ts';
import { unreadable } from './unreadable.ts';

/** Exchanges of several files, as one history. */
export interface ParquetHistory {
  /** Rows of all files. */
  readonly rows: number;
  /** In the order of their ends. At most one group of rows a file is in memory, of files that overlap in time.
   *  @throws {GatewayError} PARQUET_UNREADABLE, of an exchange that comes twice too */
  read(parts: FileParts): AsyncGenerator<FileExchange>;
  close(): Promise<void>;
}

/** @throws {GatewayError} PARQUET_UNREADABLE, or as the file system says it */
export async function openParquetHistory(paths: readonly string[]): Promise<ParquetHistory> {
  const inputs: ParquetInput[] = [];
  const close = async () => {
    for (const input of inputs.splice(0)) await input.close();
  };
  try {
    for (const path of paths) inputs.push(await openReplayFile(path));
  } catch (error) {
    await close();
    throw error;
  }
  const rows = inputs.reduce((sum, input) => sum + input.rows, 0);
  return { rows, read: (parts) => merged(inputs, parts), close };
}

/** A file on its way, with its next exchange. */
interface Lane {
  readonly exchanges: AsyncGenerator<FileExchange>;
  next: FileExchange;
}

async function* merged(inputs: readonly ParquetInput[], parts: FileParts): AsyncGenerator<FileExchange> {
  const lanes: Lane[] = [];
  const check = createOnceCheck();
  try {
    for (const { input, end } of await byFirstEnd(inputs, parts)) {
      // A file that begins later is read once the others have come so far.
      for await (const one of until(lanes, end)) yield check(one);
      const exchanges = readFileExchanges(input, parts);
      const { value, done } = await exchanges.next();
      if (done !== true) lanes.push({ exchanges, next: value });
    }
    for await (const one of until(lanes, Number.POSITIVE_INFINITY)) yield check(one);
  } finally {
    for (const { exchanges } of lanes) await exchanges.return(undefined);
  }
}

/** Files by the ends of their first exchanges; none of those without. */
async function byFirstEnd(inputs: readonly ParquetInput[], parts: FileParts) {
  const found: { readonly input: ParquetInput; readonly end: number }[] = [];
  for (const input of inputs) {
    const exchanges = readFileExchanges(input, parts);
    const { value, done } = await exchanges.next();
    await exchanges.return(undefined);
    if (done !== true) found.push({ input, end: endOf(value) });
  }
  return found.sort((a, b) => a.end - b.end);
}

/** The exchanges of several files that ended before a moment; files that came first go first at the same one. */
async function* until(lanes: Lane[], end: number): AsyncGenerator<FileExchange> {
  for (;;) {
    const first = lanes.reduce<Lane | null>((least, lane) => {
      return least === null || endOf(lane.next) < endOf(least.next) ? lane : least;
    }, null);
    if (first === null || endOf(first.next) >= end) return;
    yield first.next;
    const { value, done } = await first.exchanges.next();
    if (done === true) lanes.splice(lanes.indexOf(first), 1);
    else first.next = value;
  }
}

/** The same exchange ends at the same time, so those of one moment are remembered and no more. */
function createOnceCheck(): (one: FileExchange) => FileExchange {
  let end = Number.NaN;
  const seen = new Map<string, FileExchange>();
  return (one) => {
    if (endOf(one) !== end) seen.clear();
    end = endOf(one);
    const { exchangeId } = one.cell;
    const other = seen.get(exchangeId);
    if (other !== undefined) {
      const where = other.path === one.path ? `ends at row ${other.row} already` : `is in ${other.path} too`;
      throw unreadable(
        one.path,
        `row ${one.row}: exchange ${exchangeId} ${where}: name files that have no exchange in common`,
      );
    }
    seen.set(exchangeId, { ...one, exchange: null });
    return one;
  };
}

const endOf = ({ cell }: FileExchange) => Date.parse(cell.endedAt);
