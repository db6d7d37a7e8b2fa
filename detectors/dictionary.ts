import { DetectorError } from './detector-error.ts';
import type { Manifest, ModelFiles } from './manifest.ts';

/** One column of an encoder: pre-activation p = (x - centre) · weights + bias, activation p where p > threshold. */
export interface EncoderColumn {
  /** float32 [dModel]. */
  readonly weights: Float32Array;
  readonly bias: number;
  readonly threshold: number;
}

/** The dictionary's encoder and the probes, column by column. */
export interface Dictionary {
  readonly size: number;
  /** float32 [dModel]: what is taken from the residual stream before encoding. */
  readonly centre: Float32Array;
  /** @throws {DetectorError} FEATURE_OUT_OF_RANGE */
  feature(index: number): EncoderColumn;
  /** A probe x · w + b as a column over the centred residual: never cut off, its bias moved by centre · w. */
  probe(index: number): EncoderColumn;
}

/** Reads `dictionary.bin` and `probes.bin`, whose lengths the manifest's check has matched to their shapes. */
export function createDictionary({ manifest, files }: ModelFiles): Dictionary {
  const { dModel } = manifest.reader;
  const size = manifest.dictionary.features;
  const sections = sectionsOf(manifest, files['dictionary.bin']);
  const probes = new Float32Array(files['probes.bin'].buffer);
  return {
    size,
    centre: sections.centre,
    feature: (index) => {
      if (!Number.isInteger(index) || index < 0 || index >= size) {
        const message = `feature ${index} is outside the dictionary of ${size} features`;
        throw new DetectorError('FEATURE_OUT_OF_RANGE', message, { fields: { index, size } });
      }
      return {
        weights: Float32Array.from(sections.encoder.subarray(index * dModel, (index + 1) * dModel)),
        bias: sections.bias[index] ?? 0,
        threshold: sections.threshold[index] ?? 0,
      };
    },
    probe: (index) => {
      const weights = probes.slice(index * dModel, (index + 1) * dModel);
      const moved = weights.reduce((sum, weight, i) => sum + weight * (sections.centre[i] ?? 0), 0);
      const bias = (probes[manifest.probes.length * dModel + index] ?? 0) + moved;
      return { weights, bias, threshold: Number.NEGATIVE_INFINITY };
    },
  };
}

function sectionsOf(manifest: Manifest, { buffer }: Uint8Array<SharedArrayBuffer>) {
  const { dModel } = manifest.reader;
  const size = manifest.dictionary.features;
  const floatsAt = size * dModel * 4;
  return {
    encoder: new Float16Array(buffer, 0, size * dModel),
    bias: new Float32Array(buffer, floatsAt, size),
    threshold: new Float32Array(buffer, floatsAt + 4 * size, size),
    centre: new Float32Array(buffer, floatsAt + 8 * size, dModel),
  };
}
