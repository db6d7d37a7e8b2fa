import type { Computed, KeptActivations, SignalId } from '../../../detectors/index.ts';
import type { ReadExchange, UnpackedReading } from '../../../rules/index.ts';
import type { InputGroup } from './parquet-input.ts';
import {
  createReadingAssembly,
  type PlaceOf,
  type ReadingAssembly,
  type WrongRow,
} from './reading-assembly.ts';
import type { ReadingRows, ReplayCell } from './replay-cell.ts';

/** Puts an exchange together from consecutive rows. */
export interface ExchangeAssembly {
  readonly cell: ReplayCell;
  /** Rows that are still to come. */
  missing(): number;
  /** Takes rows of a group, as far as they are its own.
   *  @returns the first row that is not, or what is wrong with a row */
  take(group: InputGroup, from: number): number | WrongRow;
  /** Once none is missing.
   *  @returns null where it was only gone past */
  finish(): ReadExchange<UnpackedReading> | null;
}

export interface AssemblyParts {
  readonly cell: ReplayCell;
  /** Whether it is wanted, or only gone past. */
  readonly isWanted: boolean;
  readonly placeOf: PlaceOf;
  readonly probes: readonly SignalId[];
}

/** A reading on its way, and where in the exchange it is. */
interface Step {
  readonly reading: ReadingRows;
  readonly computed: Computed;
  readonly where: string;
}

/** The order of the columns in a group. */
export const [REPLAY, TOKEN, SIGNAL, VALUE] = [0, 1, 2, 3] as const;

export function createExchangeAssembly({ cell, isWanted, placeOf, probes }: AssemblyParts): ExchangeAssembly {
  const steps = cell.exchange.segments.flatMap(({ ref, computed, readings }): Step[] =>
    readings.map((reading) => ({ reading, computed, where: `segment ${JSON.stringify(ref.id)}` })),
  );
  const found = new Map<ReadingRows, KeptActivations>();
  let missing = cell.rows;
  let step = 0;
  let current: ReadingAssembly | null = null;

  /** The reading that the next row is of; ends those that have all their rows. */
  function next(): ReadingAssembly | string | null {
    for (; step < steps.length; step++) {
      const { reading, computed, where } = steps[step] as Step;
      current ??= createReadingAssembly(reading, { computed, placeOf, probes });
      if (current.missing() > 0) return current;
      const kept = current.finish();
      if (typeof kept === 'string') return `${where} of exchange ${cell.exchangeId}: ${kept}`;
      found.set(reading, kept);
      current = null;
    }
    return null;
  }

  /** Adds rows of one reading. @returns the first row that is not its own */
  function addRows({ columns }: InputGroup, from: number, end: number): number | WrongRow {
    const [token = [], signal = [], value = []] = [columns[TOKEN], columns[SIGNAL], columns[VALUE]];
    const reading = next();
    if (typeof reading === 'string') return { row: Math.max(0, from - 1), why: reading };
    if (reading === null) {
      // An exchange of which nothing was read has a row without a signal.
      if (signal[from] == null || signal[from] === '') return from + 1;
      return {
        row: from,
        why: `signal ${signal[from]}, where nothing was read of exchange ${cell.exchangeId}`,
      };
    }
    const to = Math.min(end, from + reading.missing());
    return reading.add({ token, signal, value }, from, to) ?? to;
  }

  /** The first row of another exchange that stands among those of this one. */
  function stranger({ columns }: InputGroup, from: number, end: number): number {
    const cells = columns[REPLAY] ?? [];
    for (let row = missing === cell.rows ? from + 1 : from; row < end; row++)
      if (cells[row] != null) return row;
    return end;
  }

  return {
    cell,
    missing: () => missing,
    take(group, from) {
      const own = Math.min(group.rows, from + missing);
      const end = stranger(group, from, own);
      for (let row = from; isWanted && row < end; ) {
        const taken = addRows(group, row, end);
        if (typeof taken !== 'number') return taken;
        row = taken;
      }
      missing -= end - from;
      if (end < own) return { row: end, why: early(cell, missing) };
      const last = missing === 0 && isWanted ? next() : null;
      return typeof last === 'string' ? { row: end - 1, why: last } : end;
    },
    finish: () => (isWanted ? unpacked(cell, found) : null),
  };
}

/** What is said where an exchange has fewer rows than it should. */
export function early({ exchangeId, rows }: ReplayCell, missing: number): string {
  return `${missing} of the ${rows} rows of exchange ${exchangeId} are missing: an exchange is kept or left out whole, with its rows as they were exported`;
}

function unpacked(
  { exchange }: ReplayCell,
  found: ReadonlyMap<ReadingRows, KeptActivations>,
): ReadExchange<UnpackedReading> {
  return {
    ...exchange,
    segments: exchange.segments.map((segment) => ({
      ...segment,
      readings: segment.readings.map((reading) => {
        const { isFinished, changes } = reading;
        return { isFinished, changes, kept: found.get(reading) as KeptActivations };
      }),
    })),
  };
}
