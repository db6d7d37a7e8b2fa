import { type Computed, type KeptActivations, probesIn, type SignalId } from '../../../detectors/index.ts';
import { activationsCrc } from './activations-crc.ts';
import type { ReadingRows } from './replay-cell.ts';

/** What a row's signal is: a feature by its index, a probe by -1 and down, or neither. */
export type SignalPlace = number;

/** A concept: it is summed again of features. */
export const NOT_KEPT: SignalPlace = Number.NEGATIVE_INFINITY;

/** The place of a signal by its name; what is wrong with it, where it is none of the featureset. */
export type PlaceOf = (signal: unknown) => SignalPlace | string;

/** The columns of a group, from which a reading takes its rows. */
export interface RowColumns {
  readonly token: ArrayLike<unknown>;
  readonly signal: ArrayLike<unknown>;
  readonly value: ArrayLike<unknown>;
}

/** A row that cannot be, and why. */
export interface WrongRow {
  readonly row: number;
  readonly why: string;
}

/** Puts the activations of a reading together from its rows. */
export interface ReadingAssembly {
  /** Rows that are still to come. */
  missing(): number;
  /** @returns the first row that is wrong; null where none is */
  add(columns: RowColumns, from: number, to: number): WrongRow | null;
  /** @returns why they are not those that were exported */
  finish(): KeptActivations | string;
}

export interface ReadingParts {
  readonly computed: Computed;
  readonly placeOf: PlaceOf;
  /** All of the featureset, in the order of their places. */
  readonly probes: readonly SignalId[];
}

const FIRST_ENTRIES = 4_096;
const IN_ORDER = "all of an exchange's rows must stand as they were exported";

/** Memory grows with the rows that come, not with what the file claims. */
export function createReadingAssembly(
  { tokens, rows, crc }: ReadingRows,
  { computed, placeOf, probes }: ReadingParts,
): ReadingAssembly {
  const names = probesIn(computed.signals);
  const columns = probes.map((name) => (names.includes(name) ? new Float32Array(tokens) : null));
  const rowStart = new Uint32Array(tokens + 1);
  const entries = createEntries(Math.min(rows, FIRST_ENTRIES));
  let probed = 0;
  let seen = 0;
  let lastToken = 0;
  let lastFeature = -1;

  function addRow(token: number, place: SignalPlace, value: number): string | null {
    if (!(token >= 0 && token < tokens)) return `token ${token} of a text of ${tokens} tokens`;
    if (token < lastToken) return `token ${token} stands behind token ${lastToken}; ${IN_ORDER}`;
    if (!Number.isFinite(value)) return `value ${value}: an activation is a finite number`;
    if (token > lastToken) lastFeature = -1;
    lastToken = token;
    if (place >= 0) {
      if (place <= lastFeature) return `feature/${place} stands behind feature/${lastFeature}; ${IN_ORDER}`;
      lastFeature = place;
      rowStart[token + 1] = entries.push(place, value);
      return null;
    }
    if (place === NOT_KEPT) return null;
    const column = columns[-1 - place] ?? null;
    if (column === null) return `${probes[-1 - place]} was not computed of this text`;
    column[token] = value;
    probed += 1;
    return null;
  }

  return {
    missing: () => rows - seen,
    add({ token, signal, value }, from, to) {
      for (let row = from; row < to; row++) {
        const place = placeOf(signal[row]);
        if (typeof place === 'string') return { row, why: place };
        const [t, v] = [token[row], value[row]];
        if (t == null || v == null) return { row, why: `column ${t == null ? 'token' : 'value'} is empty` };
        const why = addRow(Number(t), place, Number(v));
        if (why !== null) return { row, why };
      }
      seen += to - from;
      return null;
    },
    finish() {
      if (probed !== tokens * names.length) {
        return `${probed} values of probes where ${tokens} tokens and ${names.length} probes were exported`;
      }
      // A token without features ends where it begins.
      for (let t = 1; t <= tokens; t++) if (rowStart[t] === 0) rowStart[t] = rowStart[t - 1] ?? 0;
      const told = names.map((name) => {
        return [name, columns[probes.indexOf(name)] ?? new Float32Array(tokens)] as const;
      });
      const kept = { tokens, features: { rowStart, ...entries.taken() }, probes: new Map(told) };
      return activationsCrc(kept) === crc ? kept : 'its values are not those that were exported';
    },
  };
}

/** Features and their values, as many as come. */
function createEntries(first: number) {
  let index = new Uint32Array(first);
  let value = new Float32Array(first);
  let count = 0;
  return {
    /** @returns how many there are */
    push(feature: number, activation: number): number {
      if (count === index.length) {
        const [longer, more] = [new Uint32Array(2 * count + 1), new Float32Array(2 * count + 1)];
        longer.set(index);
        more.set(value);
        [index, value] = [longer, more];
      }
      index[count] = feature;
      value[count] = activation;
      count += 1;
      return count;
    },
    taken: () => ({ index: index.slice(0, count), value: value.slice(0, count) }),
  };
}
