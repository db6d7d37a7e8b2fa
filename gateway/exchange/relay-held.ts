import type { HeldStream } from '../holding/held-stream.ts';
import type { BodyDecoder } from '../reading/decode-body.ts';
import type { UpstreamAnswer, UpstreamFailure } from '../upstream/create-upstream.ts';
import { type BodyChunks, createBodyChunks } from './body-chunks.ts';
import { type Hold, MAX_TRAILING_BYTES } from './hold.ts';
import { createWake, type Wake } from './wake.ts';

/** How a held answer came to an end. `stopped`: the verdict is block; `over_cap`: more came than may wait. */
export type HeldEnd =
  | { readonly end: 'whole' }
  | { readonly end: 'over_cap' }
  | { readonly end: 'stopped' }
  | { readonly end: 'client_gone' }
  | { readonly end: 'broken'; readonly failure: UpstreamFailure };

export interface HeldRelayParts {
  readonly answer: UpstreamAnswer;
  readonly stream: HeldStream;
  readonly decoder: BodyDecoder;
  /** The bytes as they came, where they are encoded; null: those of the stream are the same. */
  readonly encoded: Hold | null;
  readonly wake: Wake;
  readonly maxBytes: number;
  /** More came than may wait. True: let all go on, unjudged. */
  readonly onOverflow: () => boolean;
  /** Null: nothing goes on before the end, unless more came than may wait. */
  readonly early: EarlyRelease | null;
  /** False: the client is gone. */
  readonly write: (bytes: Buffer) => Promise<boolean>;
  readonly abortSignal: AbortSignal;
  readonly onFirstByte: () => void;
}

/** What is done while the answer still comes. */
export interface EarlyRelease {
  /** Whether the verdict is block already. */
  readonly mustStop: () => boolean;
  /** How long text waits for the reader now. */
  readonly waitingMs: () => number;
  readonly maxWaitMs: number;
  /** Text has waited for too long. True: let all go on, unjudged. */
  readonly onLate: () => boolean;
}

/** While the reader is behind, no more than this is taken from the upstream. */
const READ_AHEAD_BYTES = 64 * 1024;

/** Takes a held answer in, and lets go of what is judged, until its end; what is left stays in the stream. What is thrown
 *  failed in the gateway itself. */
export async function relayHeld(parts: HeldRelayParts): Promise<HeldEnd> {
  const { answer, stream, decoder, early } = parts;
  const state: RelayState = { end: null, unwrittenBytes: 0, room: createWake() };
  const stop = (end: HeldEnd) => {
    state.end ??= end;
    answer.body.destroy();
    parts.wake.fire();
    state.room.fire();
  };
  const releasing = early === null ? Promise.resolve() : release(parts, early, { state, stop });
  // Heard at once, since nobody waits for it yet; it is thrown below.
  releasing.catch(() => stop({ end: 'stopped' }));
  const chunks = createBodyChunks(answer.body, parts.abortSignal);
  try {
    await takeIn(parts, state, chunks);
    const failure = chunks.failure();
    if (failure !== null) state.end ??= { end: 'broken', failure };
    if (state.end === null) {
      stream.push(await decoder.end());
      stream.end();
      state.end = { end: 'whole' };
    }
  } finally {
    // Whatever it was, nothing goes on any more.
    state.end ??= { end: 'stopped' };
    answer.body.destroy();
    parts.wake.fire();
    await releasing;
  }
  return state.end ?? { end: 'whole' };
}

interface RelayState {
  end: HeldEnd | null;
  /** Let go and not yet taken by the client. */
  unwrittenBytes: number;
  /** Fires when there may be room for more. */
  readonly room: Wake;
}

async function takeIn(parts: HeldRelayParts, state: RelayState, chunks: BodyChunks): Promise<void> {
  const { stream, decoder, encoded, early, wake } = parts;
  let isFirst = true;
  for (let chunk = await chunks.next(); chunk !== null; chunk = await chunks.next()) {
    if (isFirst) parts.onFirstByte();
    isFirst = false;
    encoded?.add(chunk);
    stream.push(encoded === null ? chunk : await decoder.push(chunk));
    wake.fire();
    if (Math.max(stream.bytes(), encoded?.bytes() ?? 0) > parts.maxBytes) {
      if (!parts.onOverflow()) state.end ??= { end: 'over_cap' };
      else stream.letGo();
      if (state.end === null && early === null) state.end = await passOn(parts);
      state.end ??= endlessEnd(parts);
    }
    while (early !== null && state.end === null && isBehind(stream, early, state)) {
      await state.room.next(ROOM_MS);
    }
    if (state.end !== null) return;
  }
}

/** Lets go of what is more than may wait, where nothing goes on before the end else; the end of all waits still. */
async function passOn({ stream, encoded, write }: HeldRelayParts): Promise<HeldEnd | null> {
  const ended = stream.isComplete() ? (encoded?.bytes() ?? 0) : 1;
  const pieces = encoded === null ? stream.take(false) : encoded.release(ended);
  if (pieces === null) return { end: 'stopped' };
  for (const piece of pieces) if (!(await write(piece))) return { end: 'client_gone' };
  return null;
}

/** What even an answer that may pass unjudged must not keep waiting without bound: bytes after its end, and an event
 *  without one. */
function endlessEnd({ stream, encoded, maxBytes }: HeldRelayParts): HeldEnd | null {
  const bound = Math.max(maxBytes, MAX_TRAILING_BYTES);
  if (stream.isComplete())
    return (encoded?.bytes() ?? stream.stuckBytes()) > bound ? { end: 'over_cap' } : null;
  if (encoded !== null || stream.stuckBytes() <= bound) return null;
  const message = `it was given up, since an event of more than ${bound} bytes has no end`;
  return { end: 'broken', failure: { outcome: 'cut', message } };
}

/** Either the reader or the client is slower than the upstream, which has to wait then. */
function isBehind(stream: HeldStream, early: EarlyRelease, { unwrittenBytes }: RelayState): boolean {
  const waiting = stream.bytes() + unwrittenBytes;
  return waiting > READ_AHEAD_BYTES && (unwrittenBytes > 0 || early.waitingMs() > 0);
}

/** After so long it is looked again whether there is room. */
const ROOM_MS = 250;

interface Ending {
  readonly state: RelayState;
  readonly stop: (end: HeldEnd) => void;
}

/** Lets go of what is judged each time that something was read. */
async function release(parts: HeldRelayParts, early: EarlyRelease, { state, stop }: Ending): Promise<void> {
  const { stream, wake } = parts;
  let isLate = false;
  while (state.end === null) {
    await wake.next(isLate ? early.maxWaitMs : Math.max(early.maxWaitMs - early.waitingMs(), 1));
    if (state.end !== null) return;
    if (!isLate && early.waitingMs() >= early.maxWaitMs) {
      isLate = true;
      if (early.onLate()) stream.letGo();
    }
    if (early.mustStop()) return stop({ end: 'stopped' });
    const pieces = stream.take(false);
    if (pieces === null) return stop({ end: 'stopped' });
    state.unwrittenBytes = pieces.reduce((sum, { length }) => sum + length, 0);
    for (const piece of pieces) {
      if (!(await parts.write(piece))) return stop({ end: 'client_gone' });
      state.unwrittenBytes -= piece.length;
    }
    state.room.fire();
  }
}
