import { z } from 'zod';
import { aggregateSchema } from './aggregate-schema.ts';
import { DetectorError } from './detector-error.ts';
import { roleSchema } from './role-schema.ts';
import type { Aggregate, CalibrationCurve, CalibrationRefusal, Role, SignalId, Threshold } from './types.ts';

const MAGIC = 'TTC1';
const HEAD_BYTES = 8;
/** A rate can be promised only where the sample is expected to exceed the threshold at least so often. */
const MIN_EXPECTED_EXCEEDANCES = 5;
/** Two-sided 95 % of the normal distribution. */
const Z95 = 1.959964;

const headSchema = z.strictObject({
  traffic: z.string(),
  curves: z.array(
    z.strictObject({
      signal: z.string(),
      aggregate: aggregateSchema,
      role: roleSchema.nullable(),
      segments: z.int().positive(),
      count: z.int().nonnegative(),
      offset: z.int().nonnegative(),
    }),
  ),
});

/** How ordinary segments score, by signal, aggregate and role. */
export interface Calibration {
  curve(signal: SignalId, aggregate: Aggregate, role?: Role): CalibrationCurve | undefined;
}

/** Reads `calibration.bin`; the layout is documented in `training/export_files.py`.
 *  @throws {DetectorError} FORMAT_UNKNOWN, FILE_TRUNCATED, MANIFEST_INVALID */
export function parseCalibration(file: Uint8Array<SharedArrayBuffer>): Calibration {
  const bytes = Buffer.from(file);
  if (bytes.toString('latin1', 0, 4) !== MAGIC) {
    throw new DetectorError('FORMAT_UNKNOWN', `calibration.bin: does not begin with ${MAGIC}`);
  }
  const body = HEAD_BYTES + bytes.readUInt32LE(4);
  const parsed = headSchema.safeParse(JSON.parse(bytes.toString('utf8', HEAD_BYTES, body)));
  if (!parsed.success) {
    const message = `calibration.bin: ${z.prettifyError(parsed.error)}`;
    throw new DetectorError('MANIFEST_INVALID', message, { cause: parsed.error });
  }
  const curves = new Map<string, CalibrationCurve>();
  for (const { signal, aggregate, role, segments, count, offset } of parsed.data.curves) {
    const at = body + offset;
    if (at + 8 * count > file.length) {
      throw new DetectorError(
        'FILE_TRUNCATED',
        `calibration.bin: the curve of ${signal} ends beyond the file`,
      );
    }
    const ranks = new Uint32Array(file.buffer, at, count);
    const values = new Float32Array(file.buffer, at + 4 * count, count);
    curves.set(keyOf(signal, aggregate, role), { segments, traffic: parsed.data.traffic, ranks, values });
  }
  return { curve: (signal, aggregate, role) => curves.get(keyOf(signal, aggregate, role ?? null)) };
}

/** The ordinary segments that a rate asks for. */
export function segmentsFor(rate: number): number {
  return Math.ceil(MIN_EXPECTED_EXCEEDANCES / rate);
}

/** The value that at most `rate` of ordinary segments reach: the next float32 above the score of the first segment too
 *  many. With a role, from that role's segments where they carry the rate, else from all. */
export function thresholdFor(
  calibration: Calibration,
  signal: SignalId,
  { aggregate, rate, role }: { aggregate: Aggregate; rate: number; role: Role | undefined },
): Threshold | CalibrationRefusal {
  const own = role && calibration.curve(signal, aggregate, role);
  const found = own && thresholdOn(own, rate, signal);
  if (found && !('refused' in found))
    return { ...found, traffic: `${found.traffic}; ${role} segments alone` };
  const all = calibration.curve(signal, aggregate);
  if (all) return thresholdOn(all, rate, signal);
  const message = `${signal} has no calibration for ${aggregate.kind} over ${aggregate.window} tokens`;
  return { refused: 'no calibration', message, segmentsMissing: segmentsFor(rate) };
}

function thresholdOn(curve: CalibrationCurve, rate: number, signal: string): Threshold | CalibrationRefusal {
  const { segments, ranks, values, traffic } = curve;
  const allowed = Math.floor(rate * segments);
  const needed = segmentsFor(rate);
  if (!(rate > 0 && rate < 1) || segments < needed) {
    const message = `${signal}: a rate of ${rate} asks for ${needed} ordinary segments, the sample has ${segments}`;
    return { refused: 'sample too small', message, segmentsMissing: Math.max(0, needed - segments) };
  }
  const place = lastWhere(ranks.length, (i) => (ranks[i] ?? 0) <= allowed + 1);
  if (place < 0 || (place === ranks.length - 1 && (ranks[place] ?? 0) < Math.min(allowed + 1, segments))) {
    const message = `${signal}: the calibration keeps the ${ranks.at(-1) ?? 0} highest of ${segments} scores, too few for ${rate}`;
    return { refused: 'no calibration', message, segmentsMissing: 0 };
  }
  const value = nextFloat32(values[place] ?? 0);
  const exceeding = rankOfLast(curve, value);
  return { value, rate, segments, interval: wilson(exceeding, segments), traffic };
}

/** Wilson's 95 % interval of a proportion: k of n (Wilson 1927). */
export function wilson(k: number, n: number): readonly [number, number] {
  const p = k / n;
  const scale = 1 + Z95 ** 2 / n;
  const centre = p + Z95 ** 2 / (2 * n);
  const half = Z95 * Math.sqrt((p * (1 - p)) / n + Z95 ** 2 / (4 * n ** 2));
  return [Math.max(0, (centre - half) / scale), Math.min(1, (centre + half) / scale)];
}

/** -log10 of the share of ordinary segments that score at least `value`. Between two kept scores log-linear; above the
 *  highest, and below the lowest kept, along the slope of the tail. Never below 0. As in `training/rarity.py`. */
export function rarityOn(curve: CalibrationCurve, value: number): number {
  const { segments, ranks, values } = curve;
  const last = values.length - 1;
  if (last < 0) return 0;
  const of = (i: number) => Math.log10(segments / (ranks[i] ?? 1));
  const at = (i: number) => values[i] ?? 0;
  const place = lastWhere(values.length, (i) => at(i) >= value);
  if (place < 0) return of(0) + tailSlope(curve) * (value - at(0));
  if (place === last) return Math.max(0, of(last) - tailSlope(curve) * (at(last) - value));
  const part = (at(place) - value) / (at(place) - at(place + 1));
  return of(place) + part * (of(place + 1) - of(place));
}

/** How much rarer a score becomes per unit, between the ranks k / 10 and k, with k 1/20 of the sample, 20 to 200. */
function tailSlope({ segments, ranks, values }: CalibrationCurve): number {
  const k = Math.min(200, Math.max(20, Math.floor(segments / 20)), ranks.at(-1) ?? 1);
  const outer = lastWhere(ranks.length, (i) => (ranks[i] ?? 0) <= Math.max(1, Math.ceil(k / 10)));
  const inner = lastWhere(ranks.length, (i) => (ranks[i] ?? 0) <= k);
  const width = (values[outer] ?? 0) - (values[inner] ?? 0);
  return width > 0 ? Math.log10((ranks[inner] ?? 1) / (ranks[outer] ?? 1)) / width : 0;
}

/** Rank of the last kept score that is at least `value`, 0 where none is. */
function rankOfLast({ ranks, values }: CalibrationCurve, value: number): number {
  const place = lastWhere(values.length, (i) => (values[i] ?? 0) >= value);
  return place < 0 ? 0 : (ranks[place] ?? 0);
}

/** The last index below `length` where a condition holds that holds on a first part only; -1 where it never does. */
function lastWhere(length: number, holds: (index: number) => boolean): number {
  let low = -1;
  let high = length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (holds(middle)) low = middle;
    else high = middle;
  }
  return low;
}

function nextFloat32(value: number): number {
  const float = new Float32Array([value]);
  const bits = new Int32Array(float.buffer);
  if (float[0] === 0) bits[0] = 1;
  else bits[0] = (bits[0] ?? 0) + (value > 0 ? 1 : -1);
  return float[0] ?? value;
}

function keyOf(signal: string, { kind, window }: Aggregate, role: string | null): string {
  const width = kind === 'max' || kind === 'mean' ? 0 : window;
  return `${signal}|${kind}|${width}|${role ?? 'all'}`;
}
