import type { Dialect, Framing } from '../dialects/dialect.ts';
import { createHeldStream, type HeldStream } from '../holding/held-stream.ts';
import type { AnswerWay } from '../policy/answer-way.ts';
import { blockInstead, type Decision, tooLate } from '../policy/decide.ts';
import { createBodyDecoder } from '../reading/decode-body.ts';
import type { UpstreamAnswer } from '../upstream/create-upstream.ts';
import { headerOf, keptHeaders, replacedAnswerHeaders } from '../upstream/headers.ts';
import {
  type Answering,
  block,
  breakOff,
  deliver,
  giveUp,
  headOf,
  isCutByClose,
  isEncoded,
  mayPassUnscanned,
} from './answering.ts';
import type { Head } from './client.ts';
import { createHold } from './hold.ts';
import { unscannedRefusal } from './problems.ts';
import { blockOf, verdictHeaders, type Way } from './refuse.ts';
import { type EarlyRelease, relayHeld } from './relay-held.ts';
import { createWake } from './wake.ts';

export interface ToHold {
  readonly way: Way;
  readonly answer: UpstreamAnswer;
  readonly dialect: Dialect;
  readonly framing: Framing;
  readonly chosen: Exclude<AnswerWay, { way: 'observe' }>;
}

/** A held answer, with what follows its client's side of it. */
interface Held extends Answering {
  readonly framing: Framing;
  readonly stream: HeldStream;
  readonly ending: ReturnType<Dialect['createStreamEnding']>;
}

/** Brings a streamed answer on which a rule may act: event by event as far as it is judged, or all at its end. */
export async function holdAnswer({ way, answer, dialect, framing, chosen }: ToHold): Promise<void> {
  const { exchange, parts } = way;
  const { limits, streaming } = parts.config;
  const wake = createWake();
  if (chosen.way === 'hold') exchange.scan.hold(chosen, wake.fire);
  const held = createHeld({ way, answer, dialect, framing });
  const decoder = createBodyDecoder(headerOf(answer.headers, 'content-encoding'), {
    maxDecodedBytes: limits.max_decoded_bytes,
    maxRatio: limits.max_decoded_ratio,
  });
  exchange.added.pause();
  const relayed = await relayHeld({
    answer,
    stream: held.stream,
    decoder,
    encoded: isEncoded(answer) ? held.hold : null,
    wake,
    maxBytes: chosen.way === 'hold' ? streaming.hold_max_bytes : limits.max_decoded_bytes,
    onOverflow: () => passOver(held, 'over_cap'),
    early: chosen.way === 'hold' ? earlyRelease(held) : null,
    write: (bytes) => writeHeld(held, bytes),
    abortSignal: exchange.abortSignal,
    onFirstByte: () => exchange.span.event('upstream_first_byte'),
  });
  exchange.added.resume();
  const failure = decoder.failure();
  if (failure !== null) exchange.noteGap('response', failure.reason, held.hold.bytes());
  decoder.close();
  exchange.span.event('upstream_ended');
  if (relayed.end === 'client_gone' || relayed.end === 'broken') return giveUp(held, relayed);
  if (relayed.end === 'whole' && isCutByClose(held)) return giveUp(held, { end: 'whole' });
  if (relayed.end === 'whole') way.client.addTrailers(answer.trailers());
  if (relayed.end === 'over_cap') exchange.noteGap('response', 'over_cap', held.stream.bytes());
  return finish(held, { isStopped: relayed.end === 'stopped' });
}

function createHeld({ way, answer, dialect, framing }: Omit<ToHold, 'chosen'>): Held {
  const { exchange, parts } = way;
  const ending = dialect.createStreamEnding(framing);
  const stream = createHeldStream({
    dialect,
    framing,
    limits: parts.config.limits,
    scan: exchange.scan,
    replacement: parts.config.policy.redaction,
    tellsDuplicates: exchange.isRead,
    gap: (reason, bytes) => exchange.noteGap('response', reason, bytes),
    onSent: (data) => ending.sent(data),
  });
  return { way, answer, framing, hold: createHold(), reader: stream, stream, ending };
}

function earlyRelease(held: Held): EarlyRelease {
  const { way } = held;
  const { exchange, parts } = way;
  return {
    mustStop: () => exchange.scan.isAlarming() && exchange.verdictSoFar().verdict === 'block',
    waitingMs: exchange.scan.waitingMs,
    maxWaitMs: parts.config.streaming.hold_ms,
    onLate: () => passOver(held, 'timeout'),
  };
}

/** Gives the client what may go on before the end. */
async function writeHeld(held: Held, bytes: Buffer): Promise<boolean> {
  const { way } = held;
  if (!way.client.hasBegun()) {
    const head = heldHead(held);
    way.client.begin({ ...head, headers: [...head.headers, ...verdictHeaders(way, null)] });
  }
  return way.client.write(bytes);
}

/** Something of the answer is not judged: noted, and let go where policy says so. */
function passOver({ way, stream }: Held, reason: 'over_cap' | 'timeout'): boolean {
  way.exchange.noteGap('response', reason, stream.bytes());
  return mayPassUnscanned(way);
}

const OF_BYTES = /^(content-length|content-md5|content-digest|digest|repr-digest)$/;

/** What is sent may be shorter or longer than what came. */
function heldHead({ answer }: Held): Head {
  const { headers, ...head } = headOf(answer);
  return { ...head, headers: keptHeaders(headers, (name) => !OF_BYTES.test(name)) };
}

/** Nothing more comes: judge, record, and only then let go of the end. */
async function finish(held: Held, { isStopped }: { readonly isStopped: boolean }): Promise<void> {
  const { exchange } = held.way;
  const judged = await exchange.judge();
  exchange.span.event('response_scanned');
  const decision = isStopped && judged.verdict !== 'block' ? blockInstead(judged) : judged;
  if (isEncoded(held.answer) && held.way.client.hasBegun()) {
    // Its bytes went on unjudged as they came, and none of another making can follow.
    return deliver(held, tooLate(decision), held.hold.release(0));
  }
  if (decision.verdict === 'block') return stop(held, decision);
  if (isEncoded(held.answer) && decision.verdict !== 'redact') {
    return deliver(held, decision, held.hold.release(0));
  }
  const pieces = held.stream.take(true);
  if (pieces === null) return stop(held, blockInstead(decision));
  if (held.way.client.hasBegun()) return deliver(held, decision, pieces);
  return deliver(held, decision, pieces, headFor(held, decision));
}

/** Of a stream that was encoded and is redacted the text goes on as it is. */
function headFor(held: Held, { verdict }: Decision): Head {
  const { answer } = held;
  if (verdict !== 'redact') return headOf(answer);
  if (!isEncoded(answer)) return heldHead(held);
  const contentType = headerOf(answer.headers, 'content-type') ?? 'text/event-stream; charset=utf-8';
  const { status, statusText } = answer;
  const headers = [...replacedAnswerHeaders(answer.headers), 'content-type', contentType];
  return { status, statusText, headers };
}

/** The verdict is block: of a stream that has begun, in the middle, and in the dialect's own words. */
async function stop(held: Held, decision: Decision): Promise<void> {
  const { way, answer, reader, ending } = held;
  const { exchange, client } = way;
  if (!client.hasBegun()) return block(held, decision);
  exchange.span.event('blocked');
  if (decision.because === 'unscannable') {
    return breakOff(held, unscannedRefusal('answer', decision.unread), decision);
  }
  const facts = reader.facts();
  await exchange.settle(decision, { status: answer.status, error: null, facts });
  await client.finish([Buffer.from(ending.blocked(blockOf(way, decision, facts)))]);
}
