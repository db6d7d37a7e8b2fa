import { statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { createKeptStore, KEPT_FILE, type KeptStore } from '../../alerts/index.ts';
import {
  type Computed,
  createDetector,
  type Detector,
  packActivations,
  type SignalId,
} from '../../detectors/index.ts';
import { mapInFlight } from '../../gateway/commands/map-in-flight.ts';
import { encodeExchange, type KeptSegment } from '../../rules/index.ts';
import { cpuMs } from '../cpu-time.ts';
import { type WrittenText, writtenExchanges } from './written-exchanges.ts';

/** What it took to make a history. */
export interface ScoredHistory {
  readonly tokens: number;
  readonly segments: number;
  readonly exchanges: number;
  readonly score_seconds: number;
  /** Processor time of the reader, for every concept and every probe. */
  readonly reader_us_per_token: number;
  /** Likewise, to pack, compress and write what it saw. */
  readonly keep_us_per_token: number;
  readonly megabytes: number;
}

interface ReadSegment {
  readonly kept: KeptSegment;
  readonly tokens: number;
}

/** Exchanges that are scored before they are kept, and how many of them at once: enough for every worker to have full
 *  batches. */
const BATCH = 64;
const AT_ONCE = 2 * availableParallelism();
const TARGETS = { user: 'input', assistant: 'output', tool: 'tool_result', system: 'system' } as const;
const FIRST_END_MS = Date.UTC(2026, 0, 1);

/** Scores texts with the shipped reader until there are so many tokens, each once, and keeps what it saw in a folder as a
 *  gateway does with `replay.keep: concepts`. Says on standard error how far it is. */
export async function scoreHistory(folder: string, wanted: number): Promise<ScoredHistory> {
  const detector = await createDetector({ modelPath: 'models/default', timeoutMs: 600_000 });
  const store = createKeptStore({
    dataDir: folder,
    maxBytes: 2 ** 40,
    known: async (ids) => ids,
    onTrouble: (error) => process.stderr.write(`${error.message}\n`),
    onSetAside: () => undefined,
  });
  const startedMs = performance.now();
  const done = { tokens: 0, segments: 0, exchanges: 0 };
  const spentMs = { reader: 0, keep: 0 };
  const source = writtenExchanges();
  const score = createScore(detector);
  try {
    while (done.tokens < wanted) {
      const begunMs = cpuMs();
      const batch = Array.from({ length: BATCH }, () => source.next().value ?? []);
      const read = await mapInFlight(batch, AT_ONCE, score);
      const readMs = cpuMs();
      for (const segments of read) {
        keep(store, segments, { number: done.exchanges, digest: detector.featureset.digest });
        done.tokens += tokensIn(segments);
        done.segments += segments.length;
        done.exchanges += 1;
      }
      while (store.stats().queuedBytes > 0) await setTimeout(2);
      spentMs.reader += readMs - begunMs;
      spentMs.keep += cpuMs() - readMs;
      tellProgress(done.tokens, wanted, performance.now() - startedMs);
    }
  } finally {
    await store.close();
    await detector.close();
  }
  const { kept, dropped } = store.stats();
  if (kept !== done.exchanges)
    throw new Error(`kept ${kept} of ${done.exchanges}: ${JSON.stringify(dropped)}`);
  return {
    ...done,
    score_seconds: (performance.now() - startedMs) / 1000,
    reader_us_per_token: (1000 * spentMs.reader) / done.tokens,
    keep_us_per_token: (1000 * spentMs.keep) / done.tokens,
    megabytes: statSync(join(folder, KEPT_FILE)).size / 1e6,
  };
}

function createScore(detector: Detector) {
  const { concepts, probes } = detector.featureset;
  const signals: SignalId[] = [
    ...concepts.map(({ name }) => `concept/${name}` as const),
    ...probes.map((name) => `probe/${name}` as const),
  ];
  const computed: Computed = { signals, isWholeDictionary: false };
  return (texts: readonly WrittenText[]): Promise<ReadSegment[]> =>
    Promise.all(
      texts.map(async ({ role, text }, i) => {
        const read = await detector.createScorer({ role, signals }).end(text);
        const pointer = `/messages/${i}/content`;
        const kept: KeptSegment = {
          ref: { id: `request${pointer}`, target: TARGETS[role], role, pointer, choice: null },
          fields: { route: '/v1/chat/completions', dialect: 'openai-chat', model: 'm', role },
          status: 'scanned',
          reason: null,
          computed,
          readings: [{ packed: packActivations([read]), isFinished: true, changes: null }],
        };
        return { kept, tokens: read.tokens.length };
      }),
    );
}

/** As of a gateway whose rules found nothing, one exchange a second. */
function keep(
  store: KeptStore,
  segments: readonly ReadSegment[],
  { number, digest }: { readonly number: number; readonly digest: string },
): void {
  const data = encodeExchange({
    featuresetDigest: digest,
    ruleSetDigest: 'bench',
    verdict: 'pass',
    fired: [],
    correlated: [],
    segments: segments.map(({ kept }) => kept),
  });
  store.keep({
    exchangeId: `exchange-${number}`,
    conversationId: `conversation-${number}`,
    subject: null,
    endedAt: new Date(FIRST_END_MS + 1000 * number).toISOString(),
    tokens: tokensIn(segments),
    data,
  });
}

function tokensIn(segments: readonly ReadSegment[]): number {
  return segments.reduce((sum, { tokens }) => sum + tokens, 0);
}

function tellProgress(tokens: number, wanted: number, elapsedMs: number): void {
  const rate = (1000 * tokens) / elapsedMs;
  const left = Math.max(0, Math.round((wanted - tokens) / rate));
  const line = `scored ${tokens} of ${wanted} tokens, ${Math.round(rate)} tokens/s, ${left} s left`;
  process.stderr.write(process.stderr.isTTY ? `\r\x1b[K${line}${tokens < wanted ? '' : '\n'}` : `${line}\n`);
}
