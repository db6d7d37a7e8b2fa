import { setImmediate } from 'node:timers/promises';
import type { KeptCount } from '../../alerts/index.ts';
import type { OpenedExchange } from '../../rules/index.ts';
import type { CommandIo } from './command.ts';
import { createProgress } from './progress.ts';
import type { ReplayedRow, ReplaySource } from './replay-source.ts';

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
  readonly source: ReplaySource;
  readonly io: CommandIo;
}

/** Shows every exchange of a source to a function, with progress on a terminal, and closes the source. */
export async function replayHistory(
  { command, source, io }: HistoryParts,
  see: (opened: OpenedExchange, row: ReplayedRow) => void,
): Promise<ReplayedHistory> {
  const started = performance.now();
  const found = { exchanges: 0, tokens: 0, otherFeatureset: 0, damaged: 0 };
  const ends: { from: string | null; to: string | null } = { from: null, to: null };
  const progress = createProgress(io, command, source.total, source.unit);
  try {
    for await (const { row, opened, amount, tokens } of source.read()) {
      progress.add({ rows: amount, tokens });
      if (row !== null) {
        ends.from ??= row.endedAt;
        ends.to = row.endedAt;
        if (typeof opened === 'string') found[opened] += 1;
        else {
          found.exchanges += 1;
          found.tokens += opened.tokens;
          see(opened, row);
        }
      }
      // A signal of the terminal comes through between two exchanges.
      await setImmediate();
    }
  } finally {
    progress.clear();
    await source.close();
  }
  const { kept } = source.ended();
  return { ...found, ...ends, kept, seconds: (performance.now() - started) / 1000 };
}
