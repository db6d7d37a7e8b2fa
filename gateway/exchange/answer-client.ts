import type { Framing } from '../dialects/dialect.ts';
import { type AnswerWay, answerWay } from '../policy/answer-way.ts';
import { blockInstead, isOfAnswer, tooLate } from '../policy/decide.ts';
import {
  type AnswerReader,
  createJsonReader,
  createSilentReader,
  createStreamingReader,
} from '../reading/answer-reader.ts';
import { createUnreadReader } from '../reading/unread-reader.ts';
import type { Gap } from '../scanning/exchange-scan.ts';
import type { UpstreamAnswer } from '../upstream/create-upstream.ts';
import { headerOf, replacedAnswerHeaders } from '../upstream/headers.ts';
import {
  type Answering,
  block,
  deliver,
  giveUp,
  hasOwnEnd,
  headOf,
  isCutByClose,
  isEncoded,
  mayPassUnscanned,
} from './answering.ts';
import { createHold } from './hold.ts';
import { holdAnswer } from './hold-answer.ts';
import { redactAnswer } from './redact-answer.ts';
import { verdictHeaders, type Way } from './refuse.ts';
import { relayAnswer } from './relay-answer.ts';

/** Brings the upstream's answer to the client: forwarded while it is scored, or held until it has been judged where
 *  a rule may act on it. The last bytes leave when the exchange is on disk. */
export async function answerClient(
  way: Way,
  answer: UpstreamAnswer,
  asked: { readonly isStreamed: boolean },
): Promise<void> {
  try {
    await bring(way, answer, asked);
  } finally {
    // Where something failed before its reading began, nobody else ends it.
    answer.body.destroy();
  }
}

async function bring(
  way: Way,
  answer: UpstreamAnswer,
  { isStreamed }: { readonly isStreamed: boolean },
): Promise<void> {
  const { exchange } = way;
  const framing = framingOf(way, answer, isStreamed);
  const { dialect, reads } = exchange.route;
  const canAct = dialect !== null && reads !== 'nothing';
  const chosen: AnswerWay = canAct ? wayOf(way, answer, framing) : { way: 'observe' };
  exchange.added.resume();
  if (canAct && framing !== null && chosen.way !== 'observe') {
    return holdAnswer({ way, answer, dialect, framing, chosen });
  }
  return passAnswer({ way, answer, framing }, chosen.way === 'buffer');
}

function wayOf({ exchange, parts }: Way, answer: UpstreamAnswer, framing: Framing | null): AnswerWay {
  const { ruleSet } = exchange;
  const isStreamed = framing !== null;
  const chosen = answerWay({ ruleSet, fields: exchange.fields(), config: parts.config, isStreamed });
  return chosen.way === 'hold' && isEncoded(answer) ? { way: 'buffer' } : chosen;
}

/** As it comes, or, of an answer in one piece, all or nothing. */
async function passAnswer(
  parts: Pick<Answering, 'way' | 'answer' | 'framing'>,
  isHeld: boolean,
): Promise<void> {
  const { way, answer, framing } = parts;
  const { exchange, client } = way;
  const reader = readerFor(way, answer, framing);
  const answering = { ...parts, hold: createHold(), reader };
  if (!isHeld) client.begin(headOf(answer, verdictHeaders(way, null)));
  exchange.added.pause();
  const { max_decoded_bytes: maxBytes } = way.parts.config.limits;
  const relayed = await relayAnswer({
    ...answering,
    client,
    holdAll: isHeld ? { maxBytes, onOverflow: () => overflow(answering) } : null,
    abortSignal: exchange.abortSignal,
    onFirstByte: () => exchange.span.event('upstream_first_byte'),
  }).finally(() => {
    exchange.added.resume();
    reader.close();
  });
  exchange.span.event('upstream_ended');
  if (relayed.end === 'whole' && !isCutByClose(answering)) return finish(answering);
  if (relayed.end === 'over_cap') {
    exchange.noteGap('response', 'over_cap', answering.hold.bytes());
    return finish(answering);
  }
  return giveUp(answering, relayed);
}

function readerFor(way: Way, answer: UpstreamAnswer, framing: Framing | null): AnswerReader {
  const { exchange, parts } = way;
  const { headers } = answer;
  const { dialect, reads } = exchange.route;
  const { limits } = parts.config;
  const gap = (reason: Gap['reason'], bytes: number) => exchange.noteGap('response', reason, bytes);
  if (dialect === null) {
    // Told before its end, which may never come.
    gap('unknown_dialect', 0);
    return createSilentReader((bytes) => gap('unknown_dialect', bytes));
  }
  if (reads === 'nothing')
    return createSilentReader((bytes) => (bytes > 0 ? gap('no_rules', bytes) : undefined));
  if (isUnread(way, answer, framing)) {
    const streamEnd = framing === null ? null : (dialect.streamEnd ?? null);
    return createUnreadReader({ streamEnd, maxLineBytes: limits.max_line_bytes, gap });
  }
  const contentEncoding = headerOf(headers, 'content-encoding');
  const tellsDuplicates = exchange.isRead;
  const { add } = exchange.scan;
  const readerParts = { dialect, limits, tellsDuplicates, contentEncoding, add, gap };
  return framing === null ? createJsonReader(readerParts) : createStreamingReader(readerParts, framing);
}

/** Whether nothing asks for the text of the answer: no rule, no trace, and no bytes that hide where it ends. */
function isUnread({ exchange }: Way, answer: UpstreamAnswer, framing: Framing | null): boolean {
  const { isRead, span, route } = exchange;
  if (isRead || span.traceId !== null || route.dialect?.streamEnd === undefined) return false;
  if (framing === null) return true;
  return framing === 'events' && !isEncoded(answer) && hasOwnEnd(answer);
}

/** The answer came whole: judge, record, and only then let go of its end. */
async function finish(answering: Answering): Promise<void> {
  const { way, answer } = answering;
  const { exchange, client } = way;
  const judged = await exchange.judge();
  exchange.span.event('response_scanned');
  if (client.hasBegun()) {
    // What was taken out of the request has been.
    const isLate = judged.verdict === 'block' || exchange.scan.redactions(isOfAnswer).length > 0;
    return deliver(answering, isLate ? tooLate(judged) : judged, answering.hold.release(0));
  }
  if (judged.verdict === 'block') return block(answering, judged);
  const redacted = judged.verdict === 'redact' ? await redactAnswer(answering) : null;
  if (redacted === 'failed') return block(answering, blockInstead(judged));
  if (redacted !== null) {
    const headers = [...replacedAnswerHeaders(answer.headers), ...redacted.headers];
    return deliver(answering, judged, [redacted.body], { ...headOf(answer), headers });
  }
  return deliver(answering, judged, answering.hold.release(0));
}

/** More came than may be held: it goes on unjudged where policy says so. */
function overflow({ way, answer, hold }: Answering): boolean {
  const { exchange, client } = way;
  if (!mayPassUnscanned(way)) return false;
  exchange.noteGap('response', 'over_cap', hold.bytes());
  client.begin(headOf(answer));
  return true;
}

/** Some upstreams stream under another name; what the request asked for decides then. */
function framingOf(
  { exchange }: Way,
  { headers, status }: UpstreamAnswer,
  isStreamed: boolean,
): Framing | null {
  const type = (headerOf(headers, 'content-type') ?? '').toLowerCase();
  if (type.startsWith('text/event-stream')) return 'events';
  if (!isStreamed || status >= 300) return null;
  if (!type.includes('json')) return 'events';
  return exchange.route.dialect?.streamsArrays === true ? 'array' : null;
}
