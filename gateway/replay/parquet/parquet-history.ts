import type { KeptRange } from '../../../alerts/index.ts';
import type { Featureset } from '../../../detectors/index.ts';
import type { ReadExchange, UnpackedReading } from '../../../rules/index.ts';
import { createExchangeAssembly, type ExchangeAssembly, early, REPLAY } from './exchange-assembly.ts';
import type { InputColumn } from './parquet-footer.ts';
import { type InputGroup, openParquetInput, type ParquetInput } from './parquet-input.ts';
import { parseReplayCell, type ReplayCell } from './replay-cell.ts';
import { createPlaces } from './signal-places.ts';
import { unreadable } from './unreadable.ts';

/** An exchange of a file. */
export interface FileExchange {
  readonly cell: ReplayCell;
  /** null where it ended outside the range. */
  readonly exchange: ReadExchange<UnpackedReading> | null;
  /** Rows of its file up to its end. */
  readonly path: string;
  readonly row: number;
}

const FOREIGN = 'it is none that rules export of this telltale wrote';

/** The columns that replay reads; all others are for people. */
const COLUMNS: readonly InputColumn[] = [
  {
    name: 'replay',
    types: ['BYTE_ARRAY'],
    isMissing:
      'an older telltale exported it, or another program wrote it; export it again with this one, and keep the column',
  },
  { name: 'token', types: ['INT32', 'INT64'], isMissing: FOREIGN },
  { name: 'signal', types: ['BYTE_ARRAY'], isMissing: FOREIGN },
  { name: 'value', types: ['FLOAT', 'DOUBLE'], isMissing: FOREIGN },
];

/** Opens a file for `readFileExchanges`.
 *  @throws {GatewayError} PARQUET_UNREADABLE, or as the file system says it */
export function openReplayFile(path: string): Promise<ParquetInput> {
  return openParquetInput(path, COLUMNS);
}

export interface FileParts {
  readonly range: KeptRange;
  readonly featureset: Featureset;
}

/** The exchanges of one file, in the order of their ends.
 *  @throws {GatewayError} PARQUET_UNREADABLE, naming row and exchange */
export async function* readFileExchanges(
  input: ParquetInput,
  parts: FileParts,
): AsyncGenerator<FileExchange> {
  const begin = createBegin(input, parts);
  let current: ExchangeAssembly | null = null;
  let last: ReplayCell | null = null;
  for await (const group of input.groups()) {
    for (let row = 0; row < group.rows; ) {
      current ??= begin(group, row, last);
      const taken: ReturnType<ExchangeAssembly['take']> = current.take(group, row);
      if (typeof taken !== 'number') throw atRow(input, group.firstRow + taken.row, taken.why);
      row = taken;
      if (current.missing() > 0) continue;
      const { cell } = current;
      yield { cell, exchange: current.finish(), path: input.path, row: group.firstRow + row };
      last = cell;
      current = null;
    }
  }
  if (current !== null)
    throw unreadable(
      input.path,
      `ends after row ${input.rows}, and ${early(current.cell, current.missing())}`,
    );
}

/** Begins the exchange that a row is the first of. */
function createBegin(input: ParquetInput, { range, featureset }: FileParts) {
  const { placeOf, probes } = createPlaces(featureset);
  return (group: InputGroup, row: number, last: ReplayCell | null): ExchangeAssembly => {
    const at = (why: string) => atRow(input, group.firstRow + row, why);
    const text = group.columns[REPLAY]?.[row];
    if (typeof text !== 'string') {
      throw at(
        'begins no exchange: column replay is empty. An exchange is kept or left out whole, with its rows as they were exported',
      );
    }
    const cell = parseReplayCell(text);
    if (typeof cell === 'string') throw at(`column replay ${cell}`);
    const { exchangeId, endedAt, exchange } = cell;
    if (exchange.featuresetDigest !== featureset.digest) {
      const loaded = `${featureset.name} ${featureset.version}, ${featureset.digest}`;
      throw at(
        `exchange ${exchangeId} was read with the featureset ${JSON.stringify(exchange.featuresetDigest)}, the loaded one is ${loaded}: name the other by TELLTALE_MODEL`,
      );
    }
    if (last !== null && Date.parse(endedAt) < Date.parse(last.endedAt)) {
      throw at(
        `exchange ${exchangeId} ended ${endedAt}, before exchange ${last.exchangeId} that stands above it (${last.endedAt}): sort the exchanges by ended_at, each with its rows in their order`,
      );
    }
    return createExchangeAssembly({ cell, isWanted: isWithin(endedAt, range), placeOf, probes });
  };
}

function isWithin(endedAt: string, { since, until }: KeptRange): boolean {
  const at = Date.parse(endedAt);
  return (since === undefined || at >= Date.parse(since)) && (until === undefined || at < Date.parse(until));
}

/** Rows are counted from 1, as people do. */
function atRow({ path }: ParquetInput, row: number, why: string): Error {
  return unreadable(path, `row ${row + 1}: ${why}`);
}
