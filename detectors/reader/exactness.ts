import type { ReaderJob } from './reader-job.ts';
import type { ReaderSession } from './reader-session.ts';
import { createWindowCaches } from './window-cache.ts';

const POSITIONS = 72;
const FIRST = 32;

/** Whether this machine's matrix kernels give a row the same bits whatever rows, keys and sequences stand beside it.
 *  Then text may be read in runs of any length and together with other text, and scores are still equal to the last
 *  bit. It holds for ONNX Runtime's float32 kernels on x64; where it does not, runs keep to one fixed shape.
 *  @param width - floats a position keeps: layers * 2 * dModel */
export async function isRunLengthExact(session: ReaderSession, width: number): Promise<boolean> {
  const ids = Int32Array.from({ length: POSITIONS }, (_, i) => 5 + ((i * 7919) % 30_000));
  const job = (from: number, to: number, cache: readonly Float32Array[] | null): ReaderJob => ({
    ids: ids.slice(from, to),
    past: from,
    cache,
    isKept: cache !== null,
    skip: 0,
    padding: 0,
    plan: 0,
  });
  const read = async (...jobs: readonly ReaderJob[]) => Float32Array.from(await session.residuals(jobs));
  const whole = await read(job(0, POSITIONS, null));
  const dModel = whole.length / POSITIONS;
  const { blocks: cache, reserve } = createWindowCaches(width, 0).create();
  reserve(POSITIONS);
  const first = await read(job(0, FIRST, cache));
  const second = await read(job(FIRST, POSITIONS - 2, cache));
  const last = await read(job(POSITIONS - 2, POSITIONS, cache));
  const together = await read(job(0, 8, null), job(FIRST, FIRST + 6, cache));
  const expected = (from: number, to: number) => whole.subarray(from * dModel, to * dModel);
  return (
    isEqual(first, expected(0, FIRST)) &&
    isEqual(second, expected(FIRST, POSITIONS - 2)) &&
    isEqual(last, expected(POSITIONS - 2, POSITIONS)) &&
    isEqual(together.subarray(0, 8 * dModel), expected(0, 8)) &&
    isEqual(together.subarray(8 * dModel, 14 * dModel), expected(FIRST, FIRST + 6))
  );
}

function isEqual(a: Float32Array, b: Float32Array): boolean {
  return a.length === b.length && a.every((value, i) => Object.is(value, b[i]));
}
