import type { Activations, SignalId } from '../detectors/index.ts';
import { didYouMean } from './nearest.ts';
import { RulesError } from './rules-error.ts';
import { parseSeries } from './schema/series.ts';

/** Activations made up of values for signals, each token one character long. Without features: a finding in them has no
 *  shares.
 *  @param wanted - the signals that are read; those that are not given are 0 throughout
 *  @throws {RulesError} SIGNAL_MISSING where a signal is given that is not read */
export function activationsOfSeries(
  series: Readonly<Record<string, string>>,
  wanted: readonly SignalId[],
): Activations {
  const values = new Map(Object.entries(series).map(([signal, text]) => [signal, parseSeries(text)]));
  const stray = [...values.keys()].find((signal) => !(wanted as readonly string[]).includes(signal));
  if (stray !== undefined) {
    const meant = didYouMean(stray, wanted) || `; it reads ${wanted.join(', ')}`;
    throw new RulesError('SIGNAL_MISSING', `series: the rule does not read ${stray}${meant}`);
  }
  const count = Math.max(...[...values.values()].map(({ length }) => length));
  const zeros = new Array<number>(count).fill(0);
  return {
    firstToken: 0,
    tokens: zeros.map((_, i) => ({ start: i, end: i + 1 })),
    signals: new Map(wanted.map((signal) => [signal, Float32Array.from(values.get(signal) ?? zeros)])),
    features: {
      rowStart: new Uint32Array(count + 1),
      index: new Uint32Array(0),
      value: new Float32Array(0),
    },
  };
}
