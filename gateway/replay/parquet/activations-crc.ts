import { crc32 } from 'node:zlib';
import type { KeptActivations } from '../../../detectors/index.ts';

/** The same for the same activations, to the last bit and in the same order. */
export function activationsCrc({ features, probes }: KeptActivations): number {
  const { rowStart, index, value } = features;
  const parts = [rowStart, index, value, ...probes.values()];
  return parts.reduce(
    (crc, part) => crc32(new Uint8Array(part.buffer, part.byteOffset, part.byteLength), crc),
    0,
  );
}
