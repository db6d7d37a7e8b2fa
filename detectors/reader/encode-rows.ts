import type { EncodePlan } from '../encode-plan.ts';
import type { ReaderJob, ReaderOutcome, ReaderResult } from './reader-job.ts';
import type { Scratch } from './scratch.ts';

/** What a batch of jobs left at the hook point, and how to encode it. */
export interface ResidualBatch {
  readonly jobs: readonly ReaderJob[];
  readonly plans: ReadonlyMap<number, EncodePlan>;
  /** float32 [jobs, longest, dModel]. */
  readonly residual: Float32Array;
  readonly dModel: number;
  readonly scratch: Scratch;
  /** float32 [rows, dModel] -> [rows, width], at least two rows; the result is written anew by the next call. */
  readonly encode: (rows: Float32Array, plan: EncodePlan) => Promise<Float32Array>;
}

interface Part {
  readonly job: number;
  readonly tokens: number;
  /** The part's first row among its plan's rows. */
  readonly firstRow: number;
}

/** Encodes the scored tokens of every job, all jobs of one plan in one product. */
export async function encodeRows(batch: ResidualBatch): Promise<readonly ReaderOutcome[]> {
  const outcomes: ReaderOutcome[] = batch.jobs.map(() => ({ failure: 'NON_FINITE', message: '' }));
  for (const id of new Set(batch.jobs.map((job) => job.plan))) {
    const plan = batch.plans.get(id);
    if (plan === undefined) throw new Error(`encode plan ${id} was never sent to this thread`);
    const { rows, parts } = gather(batch, id);
    const width = plan.b.length;
    const activation = rows.length > 0 && width > 0 ? await batch.encode(rows, plan) : new Float32Array(0);
    for (const part of parts) {
      const own = rows.subarray(part.firstRow * batch.dModel, (part.firstRow + part.tokens) * batch.dModel);
      const columns = activation.subarray(part.firstRow * width, (part.firstRow + part.tokens) * width);
      outcomes[part.job] =
        allFinite(own) && allFinite(columns)
          ? { result: readSignals(plan, columns, part.tokens) }
          : { failure: 'NON_FINITE', message: 'the reader gave a value that is not finite' };
    }
  }
  return outcomes;
}

function gather({ jobs, residual, dModel, scratch }: ResidualBatch, plan: number) {
  const longest = residual.length / (jobs.length * dModel);
  const parts: Part[] = [];
  let total = 0;
  for (const [job, { ids, skip, padding, plan: own }] of jobs.entries()) {
    if (own !== plan) continue;
    const tokens = ids.length - skip - padding;
    parts.push({ job, tokens, firstRow: total });
    total += tokens;
  }
  // A product with one row takes another way through the library, which rounds differently.
  const rows = scratch.floats('rows', (total === 1 ? 2 : total) * dModel);
  rows.fill(0, total * dModel);
  for (const { job, tokens, firstRow } of parts) {
    const from = (job * longest + (jobs[job]?.skip ?? 0)) * dModel;
    rows.set(residual.subarray(from, from + tokens * dModel), firstRow * dModel);
  }
  return { rows, parts };
}

function readSignals(plan: EncodePlan, columns: Float32Array, tokens: number): ReaderResult {
  const width = plan.b.length;
  const all = new Float32Array(plan.signals.length * tokens);
  const signals = plan.signals.map(({ bias, columns: used, weights }, signal) => {
    const values = all.subarray(signal * tokens, (signal + 1) * tokens);
    for (let t = 0; t < tokens; t++) {
      let sum = bias;
      for (let i = 0; i < used.length; i++)
        sum += (weights[i] ?? 0) * (columns[t * width + (used[i] ?? 0)] ?? 0);
      values[t] = sum;
    }
    return values;
  });
  return { signals, ...sparseRows(plan.features, columns, tokens, width) };
}

function sparseRows(features: Uint32Array, columns: Float32Array, tokens: number, width: number) {
  let count = 0;
  const rowStart = new Uint32Array(tokens + 1);
  for (let t = 0; t < tokens; t++) {
    for (let c = 0; c < features.length; c++) if (columns[t * width + c] !== 0) count++;
    rowStart[t + 1] = count;
  }
  const index = new Uint32Array(count);
  const value = new Float32Array(count);
  let at = 0;
  for (let t = 0; t < tokens; t++) {
    for (let c = 0; c < features.length; c++) {
      const activation = columns[t * width + c] ?? 0;
      if (activation === 0) continue;
      index[at] = features[c] ?? 0;
      value[at++] = activation;
    }
  }
  return { rowStart, index, value };
}

function allFinite(values: Float32Array): boolean {
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) return false;
  return true;
}
