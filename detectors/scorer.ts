import { joinResults } from './activations.ts';
import { DetectorError } from './detector-error.ts';
import type { ReaderResult } from './reader/reader-job.ts';
import type { ReaderPool } from './reader/reader-pool.ts';
import type { ReaderRequest } from './reader/reader-request.ts';
import type { WindowReader, WindowRuns } from './reader/window-reader.ts';
import type { SegmentMemory } from './segment-memory.ts';
import type { TokenStream } from './tokenizer/tokenizer.ts';
import type { Activations, ScorerOptions, SegmentScorer, TokenSpan } from './types.ts';

/** UTF-16 units that are tokenized without letting other work of the thread through. */
const SLICE_UNITS = 8192;

export interface ScorerParts {
  readonly pool: ReaderPool;
  readonly tokens: () => TokenStream;
  readonly windows: WindowReader;
  readonly options: ScorerOptions;
  readonly timeoutMs: number;
  /** Null where nothing is remembered, or nothing is read. */
  readonly memory: SegmentMemory | null;
  /** Told of tokens whose activations were given out as final: how many were read, and how many remembered. */
  readonly onScored: (tokens: { readonly read: number; readonly recalled: number }) => void;
}

interface ScorerState {
  /** Spans of tokens that are final but not given out. */
  spans: TokenSpan[];
  given: number;
  hasBegun: boolean;
  isBusy: boolean;
  isEnded: boolean;
  tokensRecalled: number;
  longestWaitMs: number;
  failure: Error | undefined;
  /** Lets go of what was kept of the text. */
  letGo: (isIdle: boolean) => void;
}

/** A scorer for one segment. After a failure it gives that failure only: what it missed is never passed over.
 *  @throws {DetectorError} from its methods: SCORER_MISUSED when calls overlap or follow the end, and what the pool
 *  throws */
export function createScorer(parts: ScorerParts): SegmentScorer {
  const state: ScorerState = {
    spans: [],
    given: 0,
    hasBegun: false,
    isBusy: false,
    isEnded: false,
    tokensRecalled: 0,
    longestWaitMs: 0,
    failure: undefined,
    letGo: () => undefined,
  };
  state.letGo = watchAbort(parts, state);
  const advance = async (text: string, isEnd: boolean, request: ReaderRequest) => {
    const runs = createRunner(parts, request);
    parts.memory?.add(text);
    for (let at = 0; at < text.length; at += SLICE_UNITS) {
      await takeIn(parts, state, parts.tokens().push(text.slice(at, at + SLICE_UNITS)), runs);
    }
    if (isEnd) await takeIn(parts, state, parts.tokens().end(), runs);
    for (const group of parts.windows.take(isEnd ? 'all' : 'blocks')) await runs.start(group);
    return giveOut(parts, state, { results: await runs.finish(), recalled: runs.recalledTokens(), isEnd });
  };
  return {
    tokensFinal: () => state.given,
    recall: (text) => recall(parts, state, text),
    push: (text) => exclusively(parts, state, (request) => advance(text, false, request)),
    end: (lastText = '') =>
      exclusively(parts, state, async (request) => {
        const activations = await advance(lastText, true, request);
        parts.memory?.keep();
        state.isEnded = true;
        state.letGo(true);
        return activations;
      }),
    provisional: () => exclusively(parts, state, (request) => preview(parts, state, request)),
    cost: () => ({ tokensRecalled: state.tokensRecalled, longestWaitMs: state.longestWaitMs }),
  };
}

function recall(parts: ScorerParts, state: ScorerState, text: string): Activations | null {
  checkFree(state);
  if (state.hasBegun)
    throw new DetectorError('SCORER_MISUSED', 'a scorer was asked to recall after its first text');
  const known = parts.memory?.recall(text) ?? null;
  if (known === null) return null;
  state.isEnded = true;
  state.given = known.tokens.length;
  state.tokensRecalled = known.tokens.length;
  state.letGo(true);
  parts.onScored({ read: 0, recalled: known.tokens.length });
  return known;
}

/** An abort between two calls fails the segment too, and at once: the next call may never come.
 *  @returns the segment's end, whatever it is */
function watchAbort({ options, windows }: ScorerParts, state: ScorerState): (isIdle: boolean) => void {
  const { abortSignal } = options;
  const onAbort = () => {
    state.failure ??= new DetectorError('ABORTED', 'scoring was aborted', { cause: abortSignal?.reason });
    state.letGo(!state.isBusy);
  };
  abortSignal?.addEventListener('abort', onAbort);
  return (isIdle) => {
    abortSignal?.removeEventListener('abort', onAbort);
    windows.close(isIdle);
  };
}

async function exclusively(
  { pool, options, timeoutMs }: ScorerParts,
  state: ScorerState,
  work: (request: ReaderRequest) => Promise<Activations>,
): Promise<Activations> {
  checkFree(state);
  const { priority = 'observe', abortSignal } = options;
  const request = pool.open({ priority, abortSignal, timeoutMs });
  state.isBusy = true;
  state.hasBegun = true;
  try {
    return await work(request);
  } catch (error) {
    state.failure = error instanceof Error ? error : new Error(String(error));
    state.letGo(false);
    throw error;
  } finally {
    state.isBusy = false;
    state.longestWaitMs = Math.max(state.longestWaitMs, request.longestWaitMs());
    request.close();
  }
}

function checkFree({ failure, isBusy, isEnded }: ScorerState): void {
  if (failure) throw failure;
  if (!isBusy && !isEnded) return;
  const what = isBusy ? 'was called before its last call was done' : 'was called after its end';
  throw new DetectorError('SCORER_MISUSED', `a scorer ${what}`);
}

async function takeIn(
  parts: ScorerParts,
  state: ScorerState,
  { ids, spans }: { ids: readonly number[]; spans: readonly TokenSpan[] },
  runs: Runner,
): Promise<void> {
  for (const span of spans) state.spans.push(span);
  if (readsNothing(parts)) return;
  parts.windows.add(ids);
  for (const group of parts.windows.take('windows')) await runs.start(group);
}

interface Scored {
  readonly results: readonly ReaderResult[];
  /** Of their tokens those that were remembered. */
  readonly recalled: number;
  readonly isEnd: boolean;
}

function giveOut(parts: ScorerParts, state: ScorerState, { results, recalled, isEnd }: Scored): Activations {
  const scored = tokensOf(results);
  const count = readsNothing(parts) || isEnd ? state.spans.length : scored;
  const activations = joinResults(results, {
    firstToken: state.given,
    spans: state.spans.slice(0, count),
    signals: parts.options.signals,
  });
  state.spans = state.spans.slice(count);
  state.given += count;
  state.tokensRecalled += recalled;
  parts.memory?.note(activations);
  parts.onScored({ read: count - recalled, recalled });
  return activations;
}

async function preview(parts: ScorerParts, state: ScorerState, request: ReaderRequest): Promise<Activations> {
  const { ids, spans } = parts.tokens().peek();
  const runs = createRunner(parts, request);
  for (const group of readsNothing(parts) ? [] : parts.windows.preview(ids)) await runs.start(group);
  return joinResults(await runs.finish(), {
    firstToken: state.given,
    spans: [...state.spans, ...spans],
    signals: parts.options.signals,
  });
}

/** Nobody asks for a signal: tokens are counted, the reader is left alone. */
function readsNothing({ options }: ScorerParts): boolean {
  return options.signals.length === 0 && options.withDictionary !== true;
}

/** Runs of several windows at once, few enough that one long text does not fill the queue. */
interface Runner {
  /** Starts a window's runs; waits while too many are open. A whole window that was read before is not read again. */
  start(group: WindowRuns): Promise<void>;
  /** All results in order. */
  finish(): Promise<ReaderResult[]>;
  /** Tokens of windows that were not read again. */
  recalledTokens(): number;
}

function createRunner({ pool, memory }: ScorerParts, request: ReaderRequest): Runner {
  const limit = 2 * pool.workers;
  const started: { readonly windowIndex: number; readonly results: Promise<readonly ReaderResult[]> }[] = [];
  let recalled = 0;
  return {
    start: async (group) => {
      const { windowIndex, whole } = group;
      const remembered = whole === null ? undefined : memory?.window(whole, group.jobs[0]?.skip ?? 0);
      const known = remembered?.recall() ?? null;
      if (known !== null) {
        group.spent?.recycle();
        recalled += tokensOf(known);
        started.push({ windowIndex, results: Promise.resolve(known) });
        return;
      }
      await started.at(-limit)?.results;
      const before = started.at(-1);
      const ready = before?.windowIndex === windowIndex ? before.results : Promise.resolve([]);
      const results = ready.then(() => inOrder(group, request));
      results.then(remembered?.keep, () => undefined);
      started.push({ windowIndex, results });
    },
    finish: async () => (await Promise.all(started.map((s) => s.results))).flat(),
    recalledTokens: () => recalled,
  };
}

function tokensOf(results: readonly ReaderResult[]): number {
  return results.reduce((sum, { rowStart }) => sum + rowStart.length - 1, 0);
}

async function inOrder({ jobs, spent }: WindowRuns, request: ReaderRequest): Promise<ReaderResult[]> {
  const results: ReaderResult[] = [];
  for (const job of jobs) results.push(await request.run(job));
  spent?.recycle();
  return results;
}
