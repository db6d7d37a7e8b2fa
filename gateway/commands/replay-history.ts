import { resolve } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { KEPT_FILE, type KeptCount, type KeptRange, type KeptRow, openKeptFile } from '../../alerts/index.ts';
import { DetectorError, type Featureset } from '../../detectors/index.ts';
import {
  createReplayer,
  decodeExchange,
  type OpenedExchange,
  type Replayer,
  RulesError,
} from '../../rules/index.ts';
import { CommandFailure, type CommandIo } from './command.ts';
import { createProgress } from './progress.ts';

/** What was gone through. */
export interface ReplayedHistory {
  readonly exchanges: number;
  readonly tokens: number;
  /** Exchanges that were left out: read with another featureset, or damaged. */
  readonly otherFeatureset: number;
  readonly damaged: number;
  /** Ends of the first and the last, ISO 8601; null where there was none. */
  readonly from: string | null;
  readonly to: string | null;
  /** The same of all that is kept, in the range or not. */
  readonly kept: Pick<KeptCount, 'exchanges' | 'from' | 'to'>;
  readonly seconds: number;
}

export interface HistoryParts {
  readonly command: string;
  readonly dataDir: string;
  readonly range: KeptRange;
  readonly featureset: Featureset;
  readonly io: CommandIo;
}

/** Shows every kept exchange of a range to a function, with progress on a terminal.
 *  @throws {CommandFailure} where nothing was ever kept */
export async function replayHistory(
  { command, dataDir, range, featureset, io }: HistoryParts,
  see: (opened: OpenedExchange, row: KeptRow) => void,
): Promise<ReplayedHistory> {
  const file = openKeptFile(resolve(dataDir));
  if (file === null) {
    const path = resolve(dataDir, KEPT_FILE);
    throw new CommandFailure(
      `${command}: nothing is kept at ${path}; TELLTALE_DATA names its folder, and a gateway keeps what it reads there unless TELLTALE_REPLAY_KEEP is off`,
    );
  }
  const started = performance.now();
  const found = { exchanges: 0, tokens: 0, otherFeatureset: 0, damaged: 0 };
  const ends: { from: string | null; to: string | null } = { from: null, to: null };
  const replayer = createReplayer(featureset);
  const { tokens: _, ...kept } = file.count({});
  const progress = createProgress(io, command, file.count(range).exchanges, 'exchanges');
  try {
    for (const row of file.read(range)) {
      ends.from ??= row.endedAt;
      ends.to = row.endedAt;
      const opened = openRow(replayer, row, featureset);
      if (typeof opened === 'string') found[opened] += 1;
      else {
        found.exchanges += 1;
        found.tokens += opened.tokens;
        see(opened, row);
      }
      progress.add({ rows: 1, tokens: row.tokens });
      // A signal of the terminal comes through between two exchanges.
      await setImmediate();
    }
  } finally {
    progress.clear();
    file.close();
  }
  return { ...found, ...ends, kept, seconds: (performance.now() - started) / 1000 };
}

function openRow(
  replayer: Replayer,
  { data }: KeptRow,
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
