import { availableParallelism } from 'node:os';
import { type Asked, compilePlan, type EncodePlan } from './encode-plan.ts';
import { createFeatureset } from './featureset.ts';
import { readModelFiles } from './manifest.ts';
import { createReaderPool, type ReaderPool } from './reader/reader-pool.ts';
import type { ReaderThreadModel } from './reader/reader-worker.ts';
import { createWindowCaches } from './reader/window-cache.ts';
import { createWindowReader } from './reader/window-reader.ts';
import { createScorer } from './scorer.ts';
import { createMemory, type Memory } from './segment-memory.ts';
import { createTokenStream } from './tokenizer/tokenizer.ts';
import { parseVocabulary } from './tokenizer/vocabulary.ts';
import type { Detector, DetectorConfig } from './types.ts';
import { readableView } from './views/readable-view.ts';

const DEFAULT_MAX_QUEUED = 256;
const DEFAULT_TIMEOUT_MS = 10_000;
/** A tenth of the weight of the thread that serves clients. */
const DEFAULT_NICENESS = 10;
/** 48 MiB of the default reader's keys and values. */
const MAX_IDLE_BLOCKS = 64;
/** One batch takes a fraction of a second. */
const DEFAULT_HANG_MS = 30_000;
/** A start takes about a second, many on a machine that is busy. */
const START_MS = 120_000;

/** What a detector is made from beside its configuration. */
export interface DetectorParts {
  readonly workerScript?: URL;
  readonly hangMs?: number;
  /** Whether to keep all runs to one fixed shape even where the machine's kernels would not need it. */
  readonly isFixedShape?: boolean;
}

/** Loads and checks a model folder, and starts its worker threads.
 *  @throws {DetectorError} naming the file when the folder is not what its manifest says */
export async function createDetector(config: DetectorConfig, parts: DetectorParts = {}): Promise<Detector> {
  const model = await readModelFiles(config.modelPath);
  const { manifest, files } = model;
  const vocabulary = parseVocabulary(files['tokenizer.bin']);
  const { featureset, dictionary } = createFeatureset(model);
  const readerModel: ReaderThreadModel = {
    readerGraph: files['reader.onnx'],
    encodeGraph: files['encode.onnx'],
    tokenTable: files['token-table.bin'],
    dModel: manifest.reader.dModel,
    layers: manifest.reader.hookLayer,
    niceness: config.niceness ?? DEFAULT_NICENESS,
  };
  const pool = await createReaderPool({
    script: parts.workerScript ?? new URL('./reader/reader-worker.ts', import.meta.url),
    workerData: readerModel,
    hangMs: parts.hangMs ?? DEFAULT_HANG_MS,
    startMs: START_MS,
    workers: Math.max(1, config.workers ?? availableParallelism()),
    maxQueuedJobs: config.maxQueuedBlocks ?? DEFAULT_MAX_QUEUED,
    maxKeys: manifest.window.tokens,
  });
  const planFor = createPlans(pool, { dictionary, concepts: featureset.concepts, probes: manifest.probes });
  const memory = createMemoryOf(config);
  let tokensScored = 0;
  let tokensRecalled = 0;
  const windowParts = {
    window: manifest.window,
    caches: createWindowCaches(2 * readerModel.layers * readerModel.dModel, MAX_IDLE_BLOCKS),
    padId: vocabulary.padId,
    isRunLengthExact: pool.isRunLengthExact && !parts.isFixedShape,
  };
  return {
    featureset,
    createScorer: (options) => {
      const { role, signals, withDictionary = false } = options;
      const { id: plan } = planFor({ signals, withDictionary });
      return createScorer({
        pool,
        options,
        tokens: onceAsked(() => createTokenStream(vocabulary)),
        windows: createWindowReader({ ...windowParts, prefix: manifest.prefixes[role], plan }),
        memory: signals.length === 0 && !withDictionary ? null : (memory?.open({ role, plan }) ?? null),
        timeoutMs: options.timeoutMs ?? config.timeoutMs ?? DEFAULT_TIMEOUT_MS,
        onScored: ({ read, recalled }) => {
          tokensScored += read;
          tokensRecalled += recalled;
        },
      });
    },
    readableView(text) {
      if (memory?.isKnownPlain(text)) return null;
      const view = readableView(vocabulary, text);
      if (view === null) memory?.notePlain(text);
      return view;
    },
    isDisguised: (text) => readableView(vocabulary, text) !== null,
    stats: () => ({
      workers: pool.workers,
      openWindows: windowParts.caches.open(),
      tokensScored,
      tokensRecalled,
      scoreCache: memory?.stats() ?? null,
      ...pool.counts(),
    }),
    close: pool.close,
  };
}

function createMemoryOf({ scoreCache }: DetectorConfig): Memory | null {
  return scoreCache === undefined || scoreCache.maxBytes === 0 ? null : createMemory(scoreCache);
}

/** Plans are compiled once for each list of signals. */
function createPlans(pool: ReaderPool, source: Parameters<typeof compilePlan>[2]) {
  const known = new Map<string, EncodePlan>();
  // Rules hand out the same list again and again; what is asked of lists that nobody holds any more is forgotten.
  const lists = [new WeakMap<Asked['signals'], EncodePlan>(), new WeakMap<Asked['signals'], EncodePlan>()];

  function planOf({ signals, withDictionary }: Asked): EncodePlan {
    const key = `${withDictionary}\n${signals.join('\n')}`;
    const plan = known.get(key) ?? compilePlan(known.size, { signals, withDictionary }, source);
    known.set(key, plan);
    pool.plans.set(plan.id, plan);
    return plan;
  }

  return (asked: Asked): EncodePlan => {
    const byList = lists[Number(asked.withDictionary)];
    const plan = byList?.get(asked.signals) ?? planOf(asked);
    byList?.set(asked.signals, plan);
    return plan;
  };
}

/** Made when it is first asked for: a text that was read before needs none. */
function onceAsked<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
