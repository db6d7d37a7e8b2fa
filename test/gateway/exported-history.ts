import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ColumnSource, parquetWriteBuffer } from 'hyparquet-writer';
import { packActivations, type SignalId } from '../../detectors/index.ts';
import { ACTIVATION_COLUMNS, createExchangeRows } from '../../gateway/replay/activation-table.ts';
import { openParquetHistory } from '../../gateway/replay/parquet/merged-exchanges.ts';
import type { LateReview } from '../../gateway/replay/parquet/replay-cell.ts';
import { createParquetTable } from '../../gateway/replay/parquet-table.ts';
import {
  createReplayer,
  type KeptExchange,
  type KeptReading,
  type KeptSegment,
  type OpenedExchange,
} from '../../rules/index.ts';
import { activationsOf, featureset } from '../rules/featureset.ts';
import { readParquet } from './read-parquet.ts';

/** An exchange as the store has it. */
export interface StoredExchange {
  readonly id: string;
  readonly endedAt: string;
  readonly exchange: KeptExchange;
  readonly reviewed?: 'correct' | 'false_alarm';
  readonly late?: readonly LateReview[];
}

export const ALL: readonly SignalId[] = [
  'concept/deception',
  'concept/jailbreak',
  'feature/7',
  'probe/honesty',
];
export const UNTIL = '2026-11-20T00:00:00.000Z';

/** @param rows - the features of each token */
export function reading(rows: readonly Readonly<Record<number, number>>[], signals = ALL): KeptReading {
  return { packed: packActivations([activationsOf(rows, signals)]), isFinished: true, changes: null };
}

export function segment(place: number, change: Partial<KeptSegment> = {}): KeptSegment {
  const pointer = `/messages/${place}/content`;
  return {
    ref: { id: `request${pointer}`, target: 'input', role: 'user', pointer, choice: null },
    fields: { route: '/v1/chat' },
    status: 'scanned',
    reason: null,
    computed: { signals: ALL, isWholeDictionary: false },
    readings: [reading([{ 10: 1 }, { 10: 3, 12: 1 }, { 7: 2 }, {}, { 30: 2.5, 31: 1 }])],
    ...change,
  };
}

export function stored(number: number, change: Partial<KeptExchange> = {}): StoredExchange {
  return {
    id: `exchange-${number}`,
    endedAt: new Date(Date.UTC(2026, 10, 10) + 60_000 * number).toISOString(),
    exchange: {
      featuresetDigest: featureset.digest,
      ruleSetDigest: 'r',
      verdict: 'pass',
      fired: [],
      segments: [segment(0)],
      ...change,
    },
  };
}

/** Writes exchanges as `rules export` does. */
export function exportTo(path: string, exchanges: readonly StoredExchange[], withConcepts = false): string {
  const table = createParquetTable({ path, columns: ACTIVATION_COLUMNS, about: {}, createdBy: 'a test' });
  const rowsOf = createExchangeRows(featureset, withConcepts);
  const replayer = createReplayer(featureset);
  for (const { id, endedAt, exchange, reviewed = null, late = [] } of exchanges) {
    const row = { exchangeId: id, conversationId: `conversation of ${id}`, endedAt };
    rowsOf({ opened: replayer.open(exchange), row, reviewed, late, until: UNTIL }, (cells) =>
      table.add(cells),
    );
  }
  table.finish();
  return path;
}

/** Every exchange of files, opened. */
export async function readBack(...paths: readonly string[]): Promise<OpenedExchange[]> {
  const history = await openParquetHistory(paths);
  const replayer = createReplayer(featureset);
  const found: OpenedExchange[] = [];
  try {
    for await (const { exchange } of history.read({ range: {}, featureset })) {
      if (exchange !== null) found.push(replayer.openUnpacked(exchange));
    }
    return found;
  } finally {
    await history.close();
  }
}

export type Row = Record<string, unknown>;

export interface Rewrite {
  readonly columns?: readonly string[];
  readonly codec?: 'SNAPPY' | 'UNCOMPRESSED' | 'ZSTD' | 'LZ4';
  readonly groupRows?: number;
  readonly types?: Readonly<Record<string, ColumnSource['type']>>;
}

const TYPES: Readonly<Record<string, ColumnSource['type']>> = {
  replay: 'STRING',
  token: 'INT32',
  signal: 'STRING',
  value: 'FLOAT',
};

/** Writes what replay reads of a file again, as another program would: every column may be null. */
export async function rewritten(
  from: string,
  change: (rows: Row[]) => Row[],
  { columns = Object.keys(TYPES), codec = 'SNAPPY', groupRows = 50_000, types = {} }: Rewrite = {},
): Promise<string> {
  const { rows } = await readParquet(from);
  const changed = change(rows as Row[]);
  const bytes = parquetWriteBuffer({
    columnData: columns.map((name): ColumnSource => {
      const type = types[name] ?? TYPES[name];
      return { name, data: changed.map((row) => row[name] ?? null), nullable: true, ...(type && { type }) };
    }),
    codec,
    rowGroupSize: groupRows,
    compressors: { LZ4: (input) => input },
  });
  const path = `${from.replace(/\.parquet$/, '')}-${Math.random().toString(36).slice(2)}.parquet`;
  writeFileSync(join(path), new Uint8Array(bytes));
  return path;
}
