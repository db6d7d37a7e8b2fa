import type { TokenSpan } from '../types.ts';
import { createRunLattice, type EmitToken, MAX_RUN_CODE_POINTS, type RunLattice } from './run-lattice.ts';
import type { Vocabulary } from './vocabulary.ts';

const SPACE = 0x20;
const METASPACE = 0x2581;
const REPLACEMENT = 0xfffd;

/** Tokens in order; spans[i] is where ids[i] came from. A token that holds part of what one code point was normalised
 *  to covers the whole code point, so neighbours may overlap; the space put before the first word is [start, start). */
export interface TokenBatch {
  readonly ids: readonly number[];
  readonly spans: readonly TokenSpan[];
}

/** Text to tokens as it arrives. All batches joined are the same however the text was cut, between the halves of a
 *  surrogate pair too. */
export interface TokenStream {
  /** Adds text; gives the tokens that nothing that follows can change. */
  push(text: string): TokenBatch;
  /** The text is complete; gives the rest. */
  end(): TokenBatch;
  /** What `end` would give, without ending. */
  peek(): TokenBatch;
}

interface StreamState {
  /** UTF-16 length of the text so far, without `heldSurrogate`. */
  offset: number;
  /** A high surrogate at the end of the text so far, or 0. */
  heldSurrogate: number;
  isEmpty: boolean;
  isAfterSpace: boolean;
}

/** A stream at the start of a text. Equal to `training/reference_tokenizer.py`: unpaired surrogates are U+FFFD, code
 *  points are normalised one by one, spaces collapse, each word begins with a metaspace, and each is segmented alone. */
export function createTokenStream(vocabulary: Vocabulary): TokenStream {
  const start = { offset: 0, heldSurrogate: 0, isEmpty: true, isAfterSpace: false };
  return streamOver(vocabulary, createRunLattice(vocabulary), start);
}

/** All tokens of a whole text. */
export function tokenize(vocabulary: Vocabulary, text: string): TokenBatch {
  const stream = createTokenStream(vocabulary);
  const first = stream.push(text);
  const rest = stream.end();
  return { ids: first.ids.concat(rest.ids), spans: first.spans.concat(rest.spans) };
}

function streamOver(vocabulary: Vocabulary, run: RunLattice, state: StreamState): TokenStream {
  const collect = (work: (emit: EmitToken) => void): TokenBatch => {
    const ids: number[] = [];
    const spans: TokenSpan[] = [];
    work((id, start, end) => {
      ids.push(id);
      spans.push({ start, end });
    });
    return { ids, spans };
  };
  const add = (codePoint: number, units: number, emit: EmitToken) => {
    addSource(vocabulary, run, state, { codePoint, units, emit });
  };
  return {
    push: (text) =>
      collect((emit) => {
        eachCodePoint(text, state, (codePoint, units) => add(codePoint, units, emit));
        run.emitConverged(emit);
      }),
    end: () =>
      collect((emit) => {
        if (state.heldSurrogate !== 0) add(REPLACEMENT, 1, emit);
        state.heldSurrogate = 0;
        run.finish(emit);
      }),
    peek: () => streamOver(vocabulary, run.clone(), { ...state }).end(),
  };
}

/** Reads code points across cuts; a high surrogate at the end waits for its other half. */
function eachCodePoint(
  text: string,
  state: StreamState,
  take: (codePoint: number, units: number) => void,
): void {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    const isLow = (unit & 0xfc00) === 0xdc00;
    if (state.heldSurrogate !== 0) {
      const high = state.heldSurrogate;
      state.heldSurrogate = 0;
      if (isLow) {
        take(((high - 0xd800) << 10) + (unit - 0xdc00) + 0x10000, 2);
        continue;
      }
      take(REPLACEMENT, 1);
    }
    if ((unit & 0xfc00) === 0xd800) state.heldSurrogate = unit;
    else take(isLow ? REPLACEMENT : unit, 1);
  }
}

interface Source {
  readonly codePoint: number;
  readonly units: number;
  readonly emit: EmitToken;
}

function addSource(vocabulary: Vocabulary, run: RunLattice, state: StreamState, source: Source): void {
  const start = state.offset;
  const end = start + source.units;
  state.offset = end;
  const mapped = vocabulary.normalise(source.codePoint);
  if (mapped === undefined) addNormalised(run, state, source.codePoint, { start, end }, source.emit);
  else for (const codePoint of mapped) addNormalised(run, state, codePoint, { start, end }, source.emit);
}

function addNormalised(
  run: RunLattice,
  state: StreamState,
  codePoint: number,
  span: TokenSpan,
  emit: EmitToken,
): void {
  const isSpace = codePoint === SPACE;
  if (isSpace && state.isAfterSpace) {
    run.extend(span.end);
    return;
  }
  if (state.isEmpty && !isSpace) run.add(METASPACE, span.start, span.start);
  if (isSpace || run.length() === MAX_RUN_CODE_POINTS) run.finish(emit);
  run.add(isSpace ? METASPACE : codePoint, span.start, span.end);
  state.isEmpty = false;
  state.isAfterSpace = isSpace;
}
