import type { ReaderJob } from './reader-job.ts';

/** Positions after which an unfinished window is read further, and the length of every run where a machine's kernels
 *  ask for one fixed shape. */
const BLOCK_POSITIONS = 32;

export interface WindowReaderParts {
  /** Positions of a window, of its prefix, and of the context that a later window reads again. */
  readonly window: { readonly tokens: number; readonly prefix: number; readonly overlap: number };
  readonly prefix: readonly number[];
  readonly plan: number;
  /** Floats that one position keeps: layers * 2 * dModel. */
  readonly width: number;
  readonly padId: number;
  readonly isRunLengthExact: boolean;
}

/** The runs of one window, in order: each needs what the one before it kept. */
export interface WindowRuns {
  readonly windowIndex: number;
  readonly jobs: readonly ReaderJob[];
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
}

interface State {
  windowIndex: number;
  /** The window's content, as far as it is known. */
  ids: number[];
  /** Tokens at the content's start that an earlier window has scored. */
  context: number;
  /** Positions of the window that have been read. */
  position: number;
  cache: Float32Array | null;
}

/** A reader at the start of a segment. */
export function createWindowReader(parts: WindowReaderParts): WindowReader {
  const state: State = { windowIndex: 0, ids: [], context: 0, position: 0, cache: null };
  return {
    add: (ids) => {
      for (const id of ids) state.ids.push(id);
    },
    take: (due) => takeRuns(parts, state, due),
    preview: (ids) => takeRuns(parts, { ...state, ids: [...state.ids, ...ids] }, 'all'),
  };
}

function takeRuns(parts: WindowReaderParts, state: State, due: Due): WindowRuns[] {
  const { tokens, prefix, overlap } = parts.window;
  const content = tokens - prefix;
  const found: WindowRuns[] = [];
  while (state.ids.length > state.context) {
    const available = Math.min(tokens, prefix + state.ids.length);
    const isWhole = available === tokens;
    if (due === 'windows' && !isWhole) break;
    const target = due === 'all' ? available : available - (available % BLOCK_POSITIONS);
    if (target > state.position) {
      if (target < tokens || !parts.isRunLengthExact) {
        state.cache ??= new Float32Array(new SharedArrayBuffer(4 * tokens * parts.width));
      }
      const jobs = parts.isRunLengthExact ? [freeRun(parts, state, target)] : fixedRuns(parts, state, target);
      found.push({ windowIndex: state.windowIndex, jobs });
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

/** One run from where the window stands to `target`. A single position takes the one before it along: a product with
 *  one row takes another way through the library, which rounds differently. */
function freeRun(parts: WindowReaderParts, state: State, target: number): ReaderJob {
  const from = target - state.position === 1 ? state.position - 1 : state.position;
  const fresh = Math.max(state.position, parts.window.prefix + state.context);
  return {
    ids: idsOf(parts, state, from, target),
    past: from,
    cache: state.cache,
    isKept: target < parts.window.tokens,
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
    jobs.push({ ids, past: from, cache: state.cache, isKept: true, skip, padding, plan: parts.plan });
  }
  return jobs;
}

function idsOf({ prefix }: WindowReaderParts, { ids }: State, from: number, to: number): Int32Array {
  const at = (position: number) => prefix[position] ?? ids[position - prefix.length] ?? 0;
  return Int32Array.from({ length: to - from }, (_, i) => at(from + i));
}
