import { InferenceSession, Tensor } from 'onnxruntime-node';
import { DetectorError } from '../detector-error.ts';
import type { EncodePlan } from '../encode-plan.ts';
import { encodeRows } from './encode-rows.ts';
import type { ReaderJob, ReaderOutcome } from './reader-job.ts';
import { createScratch, type Scratch } from './scratch.ts';
import { readEmbedding } from './token-table.ts';
import { readCache, writeCache } from './window-cache.ts';

/** What a thread needs to read; shared between threads. */
export interface ReaderModel {
  readonly readerGraph: Uint8Array;
  readonly encodeGraph: Uint8Array;
  readonly tokenTable: Uint8Array;
  readonly dModel: number;
  readonly layers: number;
}

/** The two graphs, loaded, in the thread that calls. */
export interface ReaderSession {
  /** Computes jobs together: one outcome each, in order. */
  run(jobs: readonly ReaderJob[], plans: ReadonlyMap<number, EncodePlan>): Promise<readonly ReaderOutcome[]>;
  /** float32 [jobs, longest, dModel]: the residual stream at the hook point; fills the jobs' caches. The array is
   *  written anew by the next call. */
  residuals(jobs: readonly ReaderJob[]): Promise<Float32Array>;
  close(): Promise<void>;
}

/** Loads the graphs for one thread each.
 *  @throws {DetectorError} SHAPE_MISMATCH when the graph's widths are not the manifest's */
export async function createReaderSession(model: ReaderModel): Promise<ReaderSession> {
  const options = {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
    // No two runs need have one shape: a plan of memory for each shape is kept in vain.
    enableMemPattern: false,
    // Weights stay out of the arena, which grows by doubling.
    extra: { session: { use_device_allocator_for_initializers: '1' } },
  } as const;
  // Graphs are copied: the library does not load from shared memory.
  const reader = await InferenceSession.create(new Uint8Array(model.readerGraph), options);
  const encoder = await InferenceSession.create(new Uint8Array(model.encodeGraph), options);
  checkGraph(reader, model);
  const scratch = createScratch();
  const encode = createEncode(encoder, scratch);
  const residuals = async (jobs: readonly ReaderJob[]) => {
    const feeds = feedsOf(jobs, model, scratch);
    const longest = feeds.position.dims[1] ?? 0;
    const into = (name: string, width: number) =>
      tensorOf(scratch.floats(name, jobs.length * longest * width), [jobs.length, longest, width]);
    const residual = into('residual', model.dModel);
    const present = into('present', jobs.some((job) => job.isKept) ? 2 * model.layers * model.dModel : 0);
    await reader.run(feeds, present.data.length > 0 ? { residual, present } : { residual });
    keepPresent(jobs, present.data, longest);
    return residual.data;
  };
  return {
    residuals,
    run: async (jobs, plans) => {
      const found = await residuals(jobs);
      return encodeRows({ jobs, plans, residual: found, dModel: model.dModel, scratch, encode });
    },
    close: async () => {
      await reader.release();
      await encoder.release();
    },
  };
}

function createEncode(session: InferenceSession, scratch: Scratch) {
  return async (rows: Float32Array, plan: EncodePlan): Promise<Float32Array> => {
    const { dModel, W, b, threshold, centre } = plan;
    const count = rows.length / dModel;
    const activation = tensorOf(scratch.floats('activation', count * b.length), [count, b.length]);
    const feeds = {
      residual: tensorOf(rows, [count, dModel]),
      centre: tensorOf(centre, [dModel]),
      W: tensorOf(W, [dModel, b.length]),
      b: tensorOf(b, [b.length]),
      threshold: tensorOf(threshold, [b.length]),
    };
    await session.run(feeds, { activation });
    return activation.data;
  };
}

function checkGraph(session: InferenceSession, { dModel, layers }: ReaderModel): void {
  const expected = { embedding: dModel, past: 2 * layers * dModel };
  for (const [name, width] of Object.entries(expected)) {
    const input = session.inputMetadata.find((m) => m.name === name);
    const found = input?.isTensor ? input.shape.at(-1) : undefined;
    if (found === width) continue;
    const message = `reader.onnx: the input ${name} is ${found ?? 'absent'} wide, the manifest says ${width}`;
    throw new DetectorError('SHAPE_MISMATCH', message, { fields: { expected: width, found: String(found) } });
  }
}

/** The graph's inputs for several jobs: shorter ones filled up on the right, earlier keys put to the left and the gap
 *  behind them masked, which changes no bit of any result (`reader/exactness.ts` checks it on this machine). */
function feedsOf(jobs: readonly ReaderJob[], { tokenTable, dModel, layers }: ReaderModel, scratch: Scratch) {
  const n = Math.max(...jobs.map((job) => job.ids.length));
  const past = Math.max(...jobs.map((job) => job.past));
  const keys = past + n;
  const width = 2 * layers * dModel;
  const embedding = scratch.floats('embedding', jobs.length * n * dModel);
  const position = new BigInt64Array(jobs.length * n);
  const mask = scratch.floats('mask', jobs.length * n * keys).fill(0);
  for (const [i, job] of jobs.entries()) {
    for (let q = 0; q < n; q++) {
      const row = i * n + q;
      readEmbedding(
        tokenTable,
        dModel,
        job.ids[Math.min(q, job.ids.length - 1)] ?? 0,
        embedding,
        row * dModel,
      );
      position[row] = BigInt(job.past + q);
      mask.fill(Number.NEGATIVE_INFINITY, row * keys + job.past, row * keys + past);
      mask.fill(Number.NEGATIVE_INFINITY, row * keys + past + q + 1, (row + 1) * keys);
    }
  }
  return {
    embedding: tensorOf(embedding, [jobs.length, n, dModel]),
    position: new Tensor('int64', position, [jobs.length, n]),
    past: tensorOf(joinPast(jobs, past, scratch.floats('past', jobs.length * past * width)), [
      jobs.length,
      past,
      width,
    ]),
    mask: tensorOf(mask, [jobs.length, n, keys]),
  };
}

/** Positions between a job's past and the longest past are masked, yet they must be finite: masked or not, they are
 *  multiplied. */
function joinPast(jobs: readonly ReaderJob[], past: number, joined: Float32Array): Float32Array {
  const perJob = joined.length / jobs.length;
  const width = perJob / Math.max(1, past);
  for (const [i, job] of jobs.entries()) {
    readCache(job.cache ?? [], job.past, joined, i * perJob);
    joined.fill(0, i * perJob + job.past * width, (i + 1) * perJob);
  }
  return joined;
}

function keepPresent(jobs: readonly ReaderJob[], present: Float32Array, longest: number): void {
  const width = present.length / (jobs.length * longest);
  for (const [i, job] of jobs.entries()) {
    if (!job.isKept || !job.cache) continue;
    const from = i * longest * width;
    const positions = job.ids.length - job.padding;
    writeCache(job.cache, job.past, present.subarray(from, from + positions * width));
  }
}

/** Float32 values as the library takes and gives them; it writes to an output's own memory. */
function tensorOf(data: Float32Array, dims: readonly number[]) {
  return new Tensor('float32', data, dims);
}
