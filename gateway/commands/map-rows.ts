import type { Detector } from '../../detectors/index.ts';
import type { CommandIo } from './command.ts';
import { mapInFlight } from './map-in-flight.ts';
import { createProgress } from './progress.ts';

/** Enough for every worker to have full batches. */
const ROWS_IN_FLIGHT_PER_WORKER = 16;

/** What the reader is asked of many rows. */
export interface RowWork<Row, Result> {
  /** The command, as the line that counts up names it. */
  readonly name: string;
  readonly rows: readonly Row[];
  readonly detector: Pick<Detector, 'stats'>;
  readonly io: CommandIo;
  readonly work: (row: Row) => Promise<Result>;
  /** Tokens that the work of a row took. */
  readonly tokensOf: (result: Result) => number;
}

/** Works rows off in order, many at once, and shows how far it is; the line is taken away whatever happens. */
export async function mapRows<Row, Result>(parts: RowWork<Row, Result>): Promise<Result[]> {
  const { name, rows, detector, io, work, tokensOf } = parts;
  const progress = createProgress(io, name, rows.length);
  const limit = ROWS_IN_FLIGHT_PER_WORKER * Math.max(1, detector.stats().workers);
  try {
    return await mapInFlight(rows, limit, async (row) => {
      const result = await work(row);
      progress.add({ rows: 1, tokens: tokensOf(result) });
      return result;
    });
  } finally {
    progress.clear();
  }
}
