import { resolve } from 'node:path';
import {
  KEPT_FILE,
  type KeptCount,
  type KeptFile,
  type KeptRange,
  type KeptRow,
  openKeptFile,
} from '../../alerts/index.ts';
import { DetectorError, type Featureset } from '../../detectors/index.ts';
import {
  createReplayer,
  decodeExchange,
  type OpenedExchange,
  type Replayer,
  type ReviewedAs,
  RulesError,
} from '../../rules/index.ts';
import type { Config } from '../config/schema.ts';
import { CommandFailure } from './command.ts';
import { type ReviewedLate, readReviewed } from './reviewed.ts';

/** Where exchanges come from that rules are held against: the store, or Parquet files. */
export interface ReplaySource {
  /** How much there is to read, and what one of that is called. */
  readonly total: number;
  readonly unit: string;
  /** In the order of the ends of exchanges. */
  read(): AsyncIterable<SourceRow>;
  /** Once all is read; of the store `late` and `kept` at any time. */
  ended(): SourceEnd;
  close(): Promise<void>;
}

/** What came next. */
export interface SourceRow {
  /** What that adds to `total`. */
  readonly amount: number;
  readonly tokens: number;
  /** null where it is none of the range. */
  readonly row: ReplayedRow | null;
  readonly opened: OpenedExchange | 'otherFeatureset' | 'damaged';
}

/** Which exchange it is, and what a reviewer made of it. */
export interface ReplayedRow extends Pick<KeptRow, 'exchangeId' | 'conversationId' | 'endedAt'> {
  readonly reviewed: ReviewedAs | null;
}

export interface SourceEnd {
  /** All that there is, in the range or not. */
  readonly kept: Pick<KeptCount, 'exchanges' | 'from' | 'to'>;
  readonly late: readonly ReviewedLate[];
  /** Up to when it is known what came, ISO 8601; null where nothing is. */
  readonly until: string | null;
}

export interface StoreParts {
  readonly command: string;
  readonly config: Config;
  readonly range: KeptRange;
  readonly featureset: Featureset;
}

/** What a gateway keeps.
 *  @throws {CommandFailure} where nothing was ever kept */
export async function openStoreSource(parts: StoreParts): Promise<ReplaySource> {
  const { config, range, featureset } = parts;
  const reviewed = await readReviewed(config, range);
  const file = openKept(parts);
  const { tokens: _, ...kept } = file.count({});
  const replayer = createReplayer(featureset);
  return {
    total: file.count(range).exchanges,
    unit: 'exchanges',
    async *read() {
      for (const { data, tokens, ...row } of file.read(range)) {
        const about = { ...row, reviewed: reviewed.exchanges.get(row.exchangeId) ?? null };
        yield { amount: 1, tokens, row: about, opened: openRow(replayer, data, featureset) };
      }
    },
    ended: () => ({ kept, late: reviewed.late, until: range.until ?? null }),
    close: async () => file.close(),
  };
}

function openKept({ command, config }: StoreParts): KeptFile {
  const file = openKeptFile(resolve(config.data));
  if (file !== null) return file;
  const path = resolve(config.data, KEPT_FILE);
  throw new CommandFailure(
    `${command}: nothing is kept at ${path}; TELLTALE_DATA names its folder, and a gateway keeps what it reads there unless TELLTALE_REPLAY_KEEP is off`,
  );
}

function openRow(
  replayer: Replayer,
  data: KeptRow['data'],
  { digest }: Featureset,
): OpenedExchange | 'otherFeatureset' | 'damaged' {
  if (data === null) return 'damaged';
  try {
    const exchange = decodeExchange(data);
    return exchange.featuresetDigest === digest ? replayer.open(exchange) : 'otherFeatureset';
  } catch (error) {
    if (error instanceof RulesError || error instanceof DetectorError) return 'damaged';
    throw error;
  }
}
