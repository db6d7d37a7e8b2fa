import type { Featureset, SignalId } from '../../../detectors/index.ts';
import { NOT_KEPT, type PlaceOf, type SignalPlace } from './reading-assembly.ts';

/** Names of signals, looked up once each, however many rows have them. */
export function createPlaces(featureset: Featureset): {
  readonly placeOf: PlaceOf;
  readonly probes: readonly SignalId[];
} {
  const probes = featureset.probes.map((name): SignalId => `probe/${name}`);
  const known = new Map<unknown, SignalPlace>();
  return {
    probes,
    placeOf(signal) {
      const found = known.get(signal);
      if (found !== undefined) return found;
      const place = placeIn(featureset, signal, probes);
      if (place === null) return `signal ${JSON.stringify(signal ?? null)} is none of the featureset`;
      known.set(signal, place);
      return place;
    },
  };
}

function placeIn(featureset: Featureset, signal: unknown, probes: readonly SignalId[]): SignalPlace | null {
  if (typeof signal !== 'string') return null;
  const [, digits] = /^feature\/(0|[1-9]\d{0,8})$/.exec(signal) ?? [];
  if (digits !== undefined) return Number(digits) < featureset.dictionarySize ? Number(digits) : null;
  const probe = probes.indexOf(signal as SignalId);
  if (probe >= 0) return -1 - probe;
  return featureset.concepts.some(({ name }) => signal === `concept/${name}`) ? NOT_KEPT : null;
}
