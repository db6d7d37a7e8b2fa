import type { AnswerFacts, Framing, OwnAnswer } from '../dialects/dialect.ts';
import type { Decision } from '../policy/decide.ts';
import {
  type AnswerReader,
  createJsonReader,
  createSilentReader,
  createStreamingReader,
} from '../reading/answer-reader.ts';
import type { Gap } from '../scanning/exchange-scan.ts';
import type { UpstreamAnswer } from '../upstream/create-upstream.ts';
import { answerHeaders, headerOf, replacedAnswerHeaders } from '../upstream/headers.ts';
import type { Head } from './client.ts';
import { createHold, type Hold } from './hold.ts';
import { type Refusal, unreadableAnswerRefusal, unrecordedRefusal, upstreamRefusal } from './problems.ts';
import { blockOf, verdictHeaders, type Way } from './refuse.ts';
import { relayAnswer } from './relay-answer.ts';

interface Answering {
  readonly way: Way;
  readonly answer: UpstreamAnswer;
  readonly reader: AnswerReader;
  readonly hold: Hold;
  /** Null where the answer comes in one piece. */
  readonly framing: Framing | null;
}

const STREAM_TYPES: Readonly<Record<Framing, string>> = {
  events: 'text/event-stream; charset=utf-8',
  array: 'application/json; charset=utf-8',
};

/** Brings the upstream's answer to the client: forwarded while it is scored, or held until it has been judged where
 *  a rule may act on it. The last bytes leave when the exchange is on disk. */
export async function answerClient(
  way: Way,
  answer: UpstreamAnswer,
  { isStreamed }: { readonly isStreamed: boolean },
): Promise<void> {
  const { exchange, parts, client } = way;
  const framing = framingOf(way, answer, isStreamed);
  const answering = {
    way,
    answer,
    framing,
    hold: createHold(),
    reader: readerFor(way, answer, framing),
  };
  const isHeld = mustHold(way, framing);
  if (!isHeld) client.begin(headOf(answer));
  const { max_decoded_bytes: maxBytes } = parts.config.limits;
  const relayed = await relayAnswer({
    ...answering,
    client,
    holdAll: isHeld ? { maxBytes, onOverflow: () => overflow(answering) } : null,
    abortSignal: exchange.abortSignal,
    onFirstByte: () => exchange.span.event('upstream_first_byte'),
  });
  answering.reader.close();
  exchange.span.event('upstream_ended');
  if (relayed.end === 'whole' && !isCutByClose(answering)) return finish(answering);
  if (relayed.end === 'over_cap') {
    exchange.noteGap('response', 'over_cap', answering.hold.bytes);
    return finish(answering);
  }
  if (relayed.end === 'client_gone' || exchange.abortReason() === 'client_gone') return abandon(answering);
  const failure =
    relayed.end === 'broken'
      ? relayed.failure
      : ({ outcome: 'cut', message: 'the connection closed before the stream was complete' } as const);
  return breakOff(answering, upstreamRefusal(failure));
}

function readerFor(way: Way, { headers }: UpstreamAnswer, framing: Framing | null): AnswerReader {
  const { exchange, parts } = way;
  const { dialect, reads } = exchange.route;
  if (dialect === null) exchange.noteGap('response', 'unknown_dialect', 0);
  if (dialect === null || reads === 'nothing') return createSilentReader();
  const readerParts = {
    dialect,
    limits: parts.config.limits,
    contentEncoding: headerOf(headers, 'content-encoding'),
    add: exchange.scan.add,
    gap: (reason: Gap['reason'], bytes: number) => exchange.noteGap('response', reason, bytes),
  };
  return framing === null ? createJsonReader(readerParts) : createStreamingReader(readerParts, framing);
}

/** A rule that may act, or a policy that may, needs the answer whole before a byte of it leaves. */
function mustHold({ exchange, parts }: Way, framing: Framing | null): boolean {
  const { ruleSet, route } = exchange;
  if (route.reads === 'nothing' || route.dialect === null) return false;
  const { on_unscannable, on_unrecorded } = parts.config.policy;
  const targets = ['output', 'tool_call'] as const;
  const isEnforced = targets.some((target) => ruleSet.enforces(target));
  const isRead = targets.some((target) => ruleSet.signalsFor(target).length > 0);
  const isStrict = on_unscannable.flag === 'block' && isRead;
  return isEnforced || isStrict || (on_unrecorded === 'block' && framing === null);
}

/** The answer came whole: judge, record, and only then let go of its end. */
async function finish(answering: Answering): Promise<void> {
  const { way, answer, reader } = answering;
  const { exchange, client, parts } = way;
  const decision = await exchange.judge();
  exchange.span.event('response_scanned');
  if (decision.verdict === 'block' && !client.hasBegun) return block(answering, decision);
  const facts = reader.facts();
  const error = exchange.abortReason() === 'client_gone' ? 'client_gone' : null;
  const outcome = await exchange.settle(decision, { status: answer.status, error, facts });
  if (outcome.outcome === 'unrecorded' && parts.config.policy.on_unrecorded === 'block') {
    return breakOff(answering, unrecordedRefusal());
  }
  if (!client.hasBegun) client.begin(headOf(answer, verdictHeaders(parts, decision.verdict)));
  for (const piece of answering.hold.release(0)) if (!(await client.write(piece))) return;
  client.end();
}

async function block(answering: Answering, decision: Decision): Promise<void> {
  const { way, answer, reader } = answering;
  const { exchange, client, parts } = way;
  exchange.span.event('blocked');
  const facts = reader.facts();
  if (decision.because === 'unscannable' && answer.status >= 400) {
    return breakOff(answering, unreadableAnswerRefusal(answer.status));
  }
  const status = parts.config.policy.blocked_answer_status;
  const error = decision.because === 'unscannable' ? 'unscannable' : null;
  await exchange.settle(decision, { status, error, facts });
  const headers = [...replacedAnswerHeaders(answer.headers), ...verdictHeaders(parts, 'block')];
  client.send({ status, headers }, blockedBody(answering, decision, facts));
}

function blockedBody({ way, framing }: Answering, decision: Decision, facts: AnswerFacts | null): OwnAnswer {
  const { voice } = way.exchange.route;
  const told = blockOf(way, decision, facts);
  if (way.parts.config.policy.blocked_answer_status !== 200) return voice.blockedRequest(told);
  if (framing === null) return voice.blockedAnswer(told);
  return { contentType: STREAM_TYPES[framing], body: voice.createStreamEnding(framing).blocked(told) };
}

/** The client left in the middle: what had come is scored and recorded. */
async function abandon({ way, answer, reader }: Answering): Promise<void> {
  const { exchange, client } = way;
  exchange.span.event('client_gone');
  exchange.noteGap('response', 'client_gone', 0);
  const decision = await exchange.judge();
  const status = client.hasBegun ? answer.status : 499;
  await exchange.settle(decision, { status, error: 'client_gone', facts: reader.facts() });
}

/** The answer will not become whole: an error where there is still room for one, else an end that is none. */
async function breakOff({ way, answer, reader, framing }: Answering, refusal: Refusal): Promise<void> {
  const { exchange, client } = way;
  const { problem, error } = refusal;
  if (error === 'upstream_cut' || error === 'upstream_timeout' || error === 'stopping') {
    exchange.noteGap('response', 'upstream_cut', 0);
  }
  const decision = await exchange.judge();
  const status = client.hasBegun ? answer.status : problem.status;
  await exchange.settle(decision, { status, error, facts: reader.facts() });
  const { voice } = exchange.route;
  if (!client.hasBegun) {
    client.send({ status: problem.status, headers: [] }, voice.error(problem));
    return;
  }
  const canSpeak =
    framing === 'events' && !isEncoded(answer) && headerOf(answer.headers, 'content-length') === undefined;
  await client.breakOff(canSpeak ? voice.errorEvent(problem) : '');
}

/** More came than may be held: it goes on unjudged where policy says so. */
function overflow({ way, answer, hold }: Answering): boolean {
  const { exchange, client, parts } = way;
  const isEnforced = exchange.ruleSet.enforces('output') || exchange.ruleSet.enforces('tool_call');
  const mayPass = parts.config.policy.on_unscannable[isEnforced ? 'enforce' : 'flag'] === 'pass';
  if (!mayPass) return false;
  exchange.noteGap('response', 'over_cap', hold.bytes);
  client.begin(headOf(answer));
  return true;
}

function headOf({ status, statusText, headers }: UpstreamAnswer, more: readonly string[] = []): Head {
  return { status, statusText, headers: [...answerHeaders(headers), ...more] };
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

/** Without a length and without chunks the end of a body is the end of its connection, cut or not. */
function isCutByClose({ answer, reader, framing }: Answering): boolean {
  const { headers } = answer;
  const hasEnd = headerOf(headers, 'content-length') ?? headerOf(headers, 'transfer-encoding');
  return framing !== null && hasEnd === undefined && answer.status < 300 && !reader.isComplete();
}

function isEncoded({ headers }: UpstreamAnswer): boolean {
  return (headerOf(headers, 'content-encoding') ?? 'identity') !== 'identity';
}
