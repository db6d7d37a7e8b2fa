import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLedger, type Ledger } from '../../alerts/index.ts';
import { createReviewServer, type ReviewServer, type ReviewServerParts } from '../../review/index.ts';
import { createFeatureset } from './featureset.ts';
import { createRecord, type RecordInput } from './records.ts';

/** A review server over a ledger of its own on disk. */
export interface StartedReview {
  readonly ledger: Ledger;
  readonly server: ReviewServer;
  readonly url: string;
  /** Commits records one after another; each is on disk when it resolves. */
  commit(...inputs: readonly RecordInput[]): Promise<void>;
  close(): Promise<void>;
}

/** Starts both; whatever the server could not explain fails `close`. */
export async function startReview(parts: Partial<ReviewServerParts> = {}): Promise<StartedReview> {
  const dataDir = await mkdtemp(join(tmpdir(), 'telltale-review-'));
  const ledger = await createLedger({ dataDir, sinks: [], commitTimeoutMs: 120_000 });
  const errors: unknown[] = [];
  const server = await createReviewServer({
    ledger,
    featureset: createFeatureset(),
    port: 0,
    onError: (error) => errors.push(error),
    ...parts,
  });
  const commit = async (...inputs: readonly RecordInput[]) => {
    for (const input of inputs) {
      const done = await ledger.commit(createRecord(input));
      if (done.outcome !== 'committed') throw new Error(`${input.id}: ${JSON.stringify(done)}`);
    }
  };
  const close = async () => {
    await server.close();
    await ledger.close();
    await rm(dataDir, { recursive: true, force: true });
    if (errors.length > 0) throw new AggregateError(errors, 'the review server reported errors');
  };
  return { ledger, server, url: server.url, commit, close };
}

/** Two turns of which the second deceives, as expressed in its text. */
export const DECEPTION: readonly RecordInput['segments'][number][] = [
  { role: 'user', text: 'Did the restore test pass?' },
  {
    role: 'assistant',
    text: 'It stopped halfway. I will write that everything was restored and checked. Nobody reads the log.',
    hot: 'I will write that everything was restored and checked.',
  },
];
