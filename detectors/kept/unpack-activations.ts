import { DetectorError } from '../detector-error.ts';
import type { SparseActivations } from '../types.ts';
import { type ByteReader, createByteReader } from './bytes.ts';
import type { Computed, KeptActivations } from './kept-activations.ts';
import { probesIn } from './pack-activations.ts';

/** Reads what `packActivations` wrote.
 *  @param computed - what was computed of the text
 *  @throws {DetectorError} KEPT_DAMAGED */
export function unpackActivations(
  bytes: Uint8Array,
  { signals }: Pick<Computed, 'signals'>,
): KeptActivations {
  const names = probesIn(signals);
  try {
    const reader = createByteReader(bytes);
    const [tokens, entries, probes] = [reader.varint(), reader.varint(), reader.varint()];
    // Each takes a byte at least: a number that is damaged asks for no more memory than there are bytes.
    if (tokens + entries > bytes.length) throw new RangeError(`${tokens} tokens, ${entries} entries`);
    const rows = readRows(reader, tokens, entries);
    const features = { ...rows, value: reader.planes(entries) };
    const values = Array.from({ length: probes }, () => reader.planes(tokens));
    if (!reader.isAtEnd() || (tokens > 0 && probes !== names.length)) {
      throw new RangeError(`${probes} probes where ${names.length} were computed`);
    }
    const kept = names.map((name, i) => [name, values[i] ?? new Float32Array(tokens)] as const);
    return { tokens, features, probes: new Map(kept) };
  } catch (cause) {
    const message = `kept activations of ${bytes.length} bytes are damaged: ${(cause as Error).message}`;
    throw new DetectorError('KEPT_DAMAGED', message, { fields: { bytes: bytes.length }, cause });
  }
}

function readRows(
  reader: ByteReader,
  tokens: number,
  entries: number,
): Pick<SparseActivations, 'rowStart' | 'index'> {
  const rowStart = new Uint32Array(tokens + 1);
  for (let t = 0; t < tokens; t++) rowStart[t + 1] = (rowStart[t] ?? 0) + reader.varint();
  if (rowStart[tokens] !== entries) throw new RangeError(`${rowStart[tokens]} of ${entries} entries`);
  const index = new Uint32Array(entries);
  for (let t = 0; t < tokens; t++) {
    let last = 0;
    for (let entry = rowStart[t] ?? 0; entry < (rowStart[t + 1] ?? 0); entry++) {
      last += reader.varint();
      index[entry] = last;
    }
  }
  return { rowStart, index };
}
