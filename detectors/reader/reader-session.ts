import { InferenceSession, Tensor } from 'onnxruntime-node';
import { DetectorError } from '../detector-error.ts';
import type { EncodePlan } from '../encode-plan.ts';
import { encodeRows } from './encode-rows.ts';
import type { ReaderJob, ReaderOutcome } from './reader-job.ts';
import { readEmbedding } from './token-table.ts';

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
  /** float32 [jobs, longest, dModel]: the residual stream at the hook point; fills the jobs' caches. */
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
  } as const;
  // Graphs are copied: the library does not load from shared memory.
  const reader = await InferenceSession.create(new Uint8Array(model.readerGraph), options);
  const encoder = await InferenceSession.create(new Uint8Array(model.encodeGraph), options);
  checkGraph(reader, model);
  const residuals = async (jobs: readonly ReaderJob[]) => {
    const feeds = feedsOf(jobs, model);
    const output = await reader.run(feeds);
    const longest = feeds.position.dims[1] ?? 0;
    keepPresent(jobs, floatsOf(output, 'present'), longest);
    return floatsOf(output, 'residual');
  };
  return {
    residuals,
    run: async (jobs, plans) => {
      const found = await residuals(jobs);
      return encodeRows({
        jobs,
        plans,
        residual: found,
        dModel: model.dModel,
        encode: createEncode(encoder),
      });
    },
    close: async () => {
      await reader.release();
      await encoder.release();
    },
  };
}

function createEncode(session: InferenceSession) {
  return async (rows: Float32Array, plan: EncodePlan): Promise<Float32Array> => {
    const { dModel, W, b, threshold, centre } = plan;
    const output = await session.run({
      residual: new Tensor('float32', rows, [rows.length / dModel, dModel]),
      centre: new Tensor('float32', centre, [dModel]),
      W: new Tensor('float32', W, [dModel, b.length]),
      b: new Tensor('float32', b, [b.length]),
      threshold: new Tensor('float32', threshold, [b.length]),
    });
    return floatsOf(output, 'activation');
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
function feedsOf(jobs: readonly ReaderJob[], { tokenTable, dModel, layers }: ReaderModel) {
  const n = Math.max(...jobs.map((job) => job.ids.length));
  const past = Math.max(...jobs.map((job) => job.past));
  const keys = past + n;
  const embedding = new Float32Array(jobs.length * n * dModel);
  const position = new BigInt64Array(jobs.length * n);
  const mask = new Float32Array(jobs.length * n * keys);
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
    embedding: new Tensor('float32', embedding, [jobs.length, n, dModel]),
    position: new Tensor('int64', position, [jobs.length, n]),
    past: new Tensor('float32', joinPast(jobs, past, 2 * layers * dModel), [
      jobs.length,
      past,
      2 * layers * dModel,
    ]),
    mask: new Tensor('float32', mask, [jobs.length, n, keys]),
  };
}

function joinPast(jobs: readonly ReaderJob[], past: number, width: number): Float32Array {
  const [first] = jobs;
  if (jobs.length === 1 && first?.cache) return first.cache.subarray(0, past * width);
  const joined = new Float32Array(jobs.length * past * width);
  for (const [i, job] of jobs.entries()) {
    if (job.cache) joined.set(job.cache.subarray(0, job.past * width), i * past * width);
  }
  return joined;
}

function keepPresent(jobs: readonly ReaderJob[], present: Float32Array, longest: number): void {
  const width = present.length / (jobs.length * longest);
  for (const [i, job] of jobs.entries()) {
    if (!job.isKept || !job.cache) continue;
    const from = i * longest * width;
    const positions = job.ids.length - job.padding;
    job.cache.set(present.subarray(from, from + positions * width), job.past * width);
  }
}

function floatsOf(output: InferenceSession.ReturnType, name: string): Float32Array {
  const data = output[name]?.data;
  if (data instanceof Float32Array) return data;
  throw new DetectorError('SHAPE_MISMATCH', `the graph gave no float32 ${name}`, {
    fields: { output: name },
  });
}
