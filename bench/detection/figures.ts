import { auroc, averagePrecision, metricsAt, recallAtFpr, type ScoredLabel } from '../../detectors/index.ts';

/** The figures of a label on some rows; null where one class is missing. */
export interface Figures {
  readonly rows: number;
  readonly positives: number;
  readonly auroc: number | null;
  /** 95 % bootstrap interval of the AUROC. */
  readonly interval: readonly [number, number] | null;
  readonly auprc: number | null;
  /** Highest recall with at most 1 % and 0.1 % false positives on these rows. */
  readonly recall1: number | null;
  readonly recall01: number | null;
  /** At the shipped thresholds of 1 % and 0.1 % of ordinary segments. */
  readonly shipped1: ReturnType<typeof metricsAt>;
  readonly shipped01: ReturnType<typeof metricsAt>;
}

const RESAMPLES = 200;

/** All figures of rows scored in -log10 of the share of ordinary segments. */
export function figuresOf(rows: readonly ScoredLabel[]): Figures {
  return {
    rows: rows.length,
    positives: rows.filter(({ isPositive }) => isPositive).length,
    auroc: auroc(rows),
    interval: bootstrap(rows),
    auprc: averagePrecision(rows),
    recall1: recallAtFpr(rows, 0.01),
    recall01: recallAtFpr(rows, 0.001),
    shipped1: metricsAt(rows, 2),
    shipped01: metricsAt(rows, 3),
  };
}

/** Percentile bootstrap (Efron 1979) of the AUROC with a fixed seed; null with one class only. */
export function bootstrap(rows: readonly ScoredLabel[]): readonly [number, number] | null {
  if (auroc(rows) === null) return null;
  const draw = generator(rows.length);
  const found: number[] = [];
  for (let round = 0; round < RESAMPLES; round++) {
    const sample = Array.from(rows, () => rows[Math.floor(draw() * rows.length)] as ScoredLabel);
    const value = auroc(sample);
    if (value !== null) found.push(value);
  }
  found.sort((a, b) => a - b);
  return [found[Math.floor(found.length * 0.025)] ?? 0, found[Math.floor(found.length * 0.975)] ?? 1];
}

/** Mean of what is not null; null of nothing. */
export function mean(values: readonly (number | null | undefined)[]): number | null {
  const known = values.filter((value): value is number => typeof value === 'number');
  return known.length === 0 ? null : known.reduce((total, value) => total + value, 0) / known.length;
}

/** Uniform numbers in [0, 1) by mulberry32. */
export function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
