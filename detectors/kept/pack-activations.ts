import type { Activations, SignalId } from '../types.ts';
import { putPlanes, writeVarint } from './bytes.ts';

/** The most bytes of one varint below 2^32. */
const HEAD_BYTES = 15;
/** Of a count or a step, of which none reaches 2^21. */
const MAX_STEP_BYTES = 3;

/** Of activations that are remembered: a conversation that is sent again has the same in every turn. */
const PACKED = new WeakMap<Activations, Uint8Array<ArrayBuffer>>();

/** Activations of consecutive tokens, joined, in bytes. Indices are written as steps to the last one, values as planes of
 *  equal bytes, so that a compressor finds what is alike; no value is rounded.
 *
 *  varints: tokens, entries, probes; for each token how many entries; for each entry the step of its index.
 *  planes: the entries' values; each probe's values, in the order of `probesIn`.
 *  @param batches - of one text, from its first token
 *  @returns bytes that are not to be changed: the same for the same activations, as long as these live */
export function packActivations(batches: readonly Activations[]): Uint8Array<ArrayBuffer> {
  const [only] = batches;
  if (only === undefined || batches.length > 1) return pack(batches);
  const packed = PACKED.get(only) ?? pack(batches);
  PACKED.set(only, packed);
  return packed;
}

/** What they take packed, at the most. */
export function packedBytes({ tokens, signals, features }: Activations): number {
  const values = features.value.length + tokens.length * probesIn(signals.keys()).length;
  return HEAD_BYTES + 4 * values + MAX_STEP_BYTES * (tokens.length + features.value.length);
}

function pack(batches: readonly Activations[]): Uint8Array<ArrayBuffer> {
  const probes = probesIn(batches[0]?.signals.keys() ?? []);
  const tokens = batches.reduce((sum, batch) => sum + batch.tokens.length, 0);
  const entries = batches.reduce((sum, { features }) => sum + features.value.length, 0);
  // Most counts and steps take one byte, none more than five.
  const head = new Uint8Array(HEAD_BYTES + 5 * (tokens + entries));
  let at = writeVarint(head, 0, tokens);
  at = writeVarint(head, at, entries);
  at = writeVarint(head, at, probes.length);
  for (const { features } of batches) at = writeRows(head, at, features.rowStart);
  for (const { features } of batches) at = writeSteps(head, at, features);
  const bytes = new Uint8Array(at + 4 * (entries + tokens * probes.length));
  bytes.set(head.subarray(0, at));
  at = putPlanes(bytes, at, joined(batches.map(({ features }) => features.value)));
  for (const probe of probes) {
    const values = batches.map(
      ({ signals, tokens: own }) => signals.get(probe) ?? new Float32Array(own.length),
    );
    at = putPlanes(bytes, at, joined(values));
  }
  return bytes;
}

/** The probes among signals, in the order that they are packed in. */
export function probesIn(signals: Iterable<SignalId>): readonly SignalId[] {
  return [...signals].filter((signal) => signal.startsWith('probe/'));
}

function writeRows(into: Uint8Array, start: number, rowStart: Uint32Array): number {
  let at = start;
  for (let t = 1; t < rowStart.length; t++) {
    at = writeVarint(into, at, (rowStart[t] ?? 0) - (rowStart[t - 1] ?? 0));
  }
  return at;
}

function writeSteps(into: Uint8Array, start: number, { rowStart, index }: Activations['features']): number {
  let at = start;
  for (let t = 1; t < rowStart.length; t++) {
    let last = 0;
    for (let entry = rowStart[t - 1] ?? 0; entry < (rowStart[t] ?? 0); entry++) {
      const own = index[entry] ?? 0;
      at = writeVarint(into, at, own - last);
      last = own;
    }
  }
  return at;
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return only;
  const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
