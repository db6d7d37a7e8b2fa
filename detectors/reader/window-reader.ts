import type { ReaderJob } from './reader-job.ts';
import { CACHE_BLOCK_POSITIONS, type WindowCache, type WindowCaches } from './window-cache.ts';

/** Positions after which an unfinished window is read further, and the length of every run where a machine's kernels
 *  ask for one fixed shape. */
const BLOCK_POSITIONS = CACHE_BLOCK_POSITIONS;

export interface WindowReaderParts {
  /** Positions of a window, of its prefix, and of the context that a later window reads again. */
  readonly window: { readonly tokens: number; readonly prefix: number; readonly overlap: number };
  readonly prefix: readonly number[];
  readonly plan: number;
  readonly caches: WindowCaches;
  readonly padId: number;
  readonly isRunLengthExact: boolean;
}

/** The runs of one window, in order: each needs what the one before it kept. */
export interface WindowRuns {
  readonly windowIndex: number;
  readonly jobs: readonly ReaderJob[];
  /** int32: ids of all the window's positions, where these runs read the whole of one that is full; else null. */
  readonly whole: Int32Array | null;
  /** What no run after these reads: to be recycled when they are done. */
  readonly spent: WindowCache | null;
}

export type Due = 'windows' | 'blocks' | 'all';

/** Cuts a growing list of token ids into windows and these into runs, by token indices alone: equal text gives equal
 *  windows however it came. As in `training/windows.py`. */
export interface WindowReader {
  add(ids: readonly number[]): void;
  /** The runs that are due: of whole windows, of whole blocks too, or of all there is. */
  take(due: Due): readonly WindowRuns[];
  /** The runs that `add(ids)` and `take('all')` would give, leaving this reader as it is. */
  preview(ids: readonly number[]): readonly WindowRuns[];
  /** No more is read. Whether a run may still be under way decides what becomes of what was kept. */
  close(isIdle: boolean): void;
}

interface State {
  windowIndex: number;
  /** The window's content, as far as it is known. */
  ids: number[];
  /** Tokens at the content's start that an earlier window has scored. */
  context: number;
  /** Positions of the window that have been read. */
  position: number;
  cache: WindowCache | null;
}

/** A reader at the start of a segment. */
export function createWindowReader(parts: WindowReaderParts): WindowReader {
  const state: State = { windowIndex: 0, ids: [], context: 0, position: 0, cache: null };
  const open = new Set<WindowCache>();
  const run = (from: State, due: Due) => takeRuns(parts, { state: from, due, open });
  return {
    add: (ids) => {
      for (const id of ids) state.ids.push(id);
    },
    take: (due) => run(state, due),
    preview: (ids) => {
      const runs = run({ ...state, ids: [...state.ids, ...ids] }, 'all');
      return runs.map((group) => (group.spent === state.cache ? { ...group, spent: null } : group));
    },
    close: (isIdle) => {
      for (const cache of open) isIdle ? cache.recycle() : cache.forget();
      open.clear();
    },
  };
}

interface Taking {
  readonly state: State;
  readonly due: Due;
  /** Every cache of this segment that may be open. */
  readonly open: Set<WindowCache>;
}

function takeRuns(parts: WindowReaderParts, { state, due, open }: Taking): WindowRuns[] {
  const { tokens, prefix, overlap } = parts.window;
  const content = tokens - prefix;
  const found: WindowRuns[] = [];
  while (state.ids.length > state.context) {
    const available = Math.min(tokens, prefix + state.ids.length);
    const isWhole = available === tokens;
    if (due === 'windows' && !isWhole) break;
    const target = due === 'all' ? available : available - (available % BLOCK_POSITIONS);
    const isLast = isWhole || due === 'all';
    if (target > state.position) {
      if (!isLast || !parts.isRunLengthExact) {
        state.cache ??= openCache(parts, open);
        state.cache.reserve(target);
      }
      const jobs = parts.isRunLengthExact
        ? [freeRun(parts, state, { target, isLast })]
        : fixedRuns(parts, state, target);
      const whole = isWhole && state.position === 0 ? idsOf(parts, state, 0, tokens) : null;
      found.push({ windowIndex: state.windowIndex, jobs, whole, spent: isLast ? state.cache : null });
      state.position = target;
    }
    if (!isWhole) break;
    Object.assign(state, {
      windowIndex: state.windowIndex + 1,
      ids: state.ids.slice(content - overlap),
      context: overlap,
      position: 0,
      cache: null,
    });
  }
  return found;
}

function openCache({ caches }: WindowReaderParts, open: Set<WindowCache>): WindowCache {
  for (const earlier of open) if (!earlier.isOpen()) open.delete(earlier);
  const cache = caches.create();
  open.add(cache);
  return cache;
}

/** One run from where the window stands to `target`. A single position takes the one before it along: a product with
 *  one row takes another way through the library, which rounds differently. */
function freeRun(
  parts: WindowReaderParts,
  state: State,
  { target, isLast }: { readonly target: number; readonly isLast: boolean },
): ReaderJob {
  const from = target - state.position === 1 ? state.position - 1 : state.position;
  const fresh = Math.max(state.position, parts.window.prefix + state.context);
  return {
    ids: idsOf(parts, state, from, target),
    past: from,
    cache: blocksOf(state),
    isKept: !isLast,
    skip: Math.min(target, fresh) - from,
    padding: 0,
    plan: parts.plan,
  };
}

/** Runs of one shape a place, filled up with padding. */
function fixedRuns(parts: WindowReaderParts, state: State, target: number): ReaderJob[] {
  const jobs: ReaderJob[] = [];
  const fresh = parts.window.prefix + state.context;
  for (let from = state.position; from < target; from += BLOCK_POSITIONS) {
    const to = Math.min(target, from + BLOCK_POSITIONS);
    const ids = new Int32Array(BLOCK_POSITIONS).fill(parts.padId);
    ids.set(idsOf(parts, state, from, to));
    const padding = BLOCK_POSITIONS - (to - from);
    const skip = Math.min(to, Math.max(from, fresh)) - from;
    jobs.push({ ids, past: from, cache: blocksOf(state), isKept: true, skip, padding, plan: parts.plan });
  }
  return jobs;
}

/** The blocks there are now: a cache that has been closed gives its blocks away. */
function blocksOf({ cache }: State): readonly Float32Array[] | null {
  return cache && [...cache.blocks];
}

function idsOf({ prefix }: WindowReaderParts, { ids }: State, from: number, to: number): Int32Array {
  const at = (position: number) => prefix[position] ?? ids[position - prefix.length] ?? 0;
  return Int32Array.from({ length: to - from }, (_, i) => at(from + i));
}
