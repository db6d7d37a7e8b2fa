import { blockMessage } from '../dialects/block-message.ts';
import type { AnswerFacts, Framing, OwnAnswer } from '../dialects/dialect.ts';
import type { Decision } from '../policy/decide.ts';
import type { AnswerReader } from '../reading/answer-reader.ts';
import type { UpstreamAnswer } from '../upstream/create-upstream.ts';
import { answerHeaders, headerOf, replacedAnswerHeaders } from '../upstream/headers.ts';
import type { Head } from './client.ts';
import type { Hold } from './hold.ts';
import { type Refusal, unrecordedRefusal, unscannedRefusal, upstreamRefusal } from './problems.ts';
import { blockOf, headersFor, verdictHeaders, type Way } from './refuse.ts';
import type { RelayEnd } from './relay-answer.ts';

/** An answer on its way to the client. */
export interface Answering {
  readonly way: Way;
  readonly answer: UpstreamAnswer;
  readonly reader: Pick<AnswerReader, 'facts' | 'isComplete' | 'lead'>;
  readonly hold: Hold;
  /** Null where the answer comes in one piece. */
  readonly framing: Framing | null;
}

const STREAM_TYPES: Readonly<Record<Framing, string>> = {
  events: 'text/event-stream; charset=utf-8',
  array: 'application/json; charset=utf-8',
};

/** Ends an answer that did not become whole. */
export async function giveUp(
  answering: Answering,
  relayed: Exclude<RelayEnd, { end: 'over_cap' }>,
): Promise<void> {
  const { exchange } = answering.way;
  if (relayed.end === 'client_gone' || exchange.abortReason() === 'client_gone') return abandon(answering);
  const failure =
    relayed.end === 'broken'
      ? relayed.failure
      : ({ outcome: 'cut', message: 'the connection closed before the stream was complete' } as const);
  return breakOff(answering, upstreamRefusal(failure));
}

/** Records the exchange, and gives the client what is left of its answer. */
export async function deliver(
  answering: Answering,
  decision: Decision,
  pieces: readonly Buffer[],
  head: Head = headOf(answering.answer),
): Promise<void> {
  const { way, answer, reader } = answering;
  const { exchange, client } = way;
  const facts = reader.facts();
  const error = exchange.abortReason() === 'client_gone' ? 'client_gone' : null;
  const settled = await exchange.settle(decision, { status: answer.status, error, facts });
  if (settled === 'block') return breakOff(answering, unrecordedRefusal());
  if (!client.hasBegun()) {
    client.begin({ ...head, headers: [...head.headers, ...verdictHeaders(way, decision.verdict)] });
  }
  await client.finish(pieces);
}

/** The answer is not given. That it was not scanned is an error, not a verdict on it. */
export async function block(answering: Answering, decision: Decision): Promise<void> {
  const { way, answer, reader } = answering;
  const { exchange, client, parts } = way;
  exchange.span.event('blocked');
  if (decision.because === 'unscannable') return breakOff(answering, unscannedOf(answer, decision), decision);
  const facts = reader.facts();
  // An error stays one: a completion in its place would be a success.
  const isError = answer.status >= 400;
  const status = isError ? answer.status : parts.config.policy.blocked_answer_status;
  await exchange.settle(decision, { status, error: null, facts });
  const headers = [...replacedAnswerHeaders(answer.headers), ...verdictHeaders(way, 'block')];
  const body = isError ? blockedError(answering, decision) : blockedBody(answering, decision, facts);
  client.send({ status, headers }, body);
}

function blockedError({ way, answer }: Answering, decision: Decision): OwnAnswer {
  const message = blockMessage(blockOf(way, decision, null));
  return way.exchange.route.voice.error({
    status: answer.status,
    code: 'content_filter',
    message,
    at: null,
  });
}

/** What the upstream refused keeps its status. */
function unscannedOf({ status }: UpstreamAnswer, { unread }: Decision): Refusal {
  const refusal = unscannedRefusal('answer', unread);
  return status < 400 ? refusal : { ...refusal, problem: { ...refusal.problem, status } };
}

function blockedBody(
  { way, framing }: Pick<Answering, 'way' | 'framing'>,
  decision: Decision,
  facts: AnswerFacts | null,
): OwnAnswer {
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
  const status = client.hasBegun() ? answer.status : 499;
  await exchange.settle(decision, { status, error: 'client_gone', facts: reader.facts() });
}

/** The answer will not become whole: an error where there is still room for one, else an end that is none.
 *  @param decided - the verdict, where it is known */
export async function breakOff(
  answering: Answering,
  refusal: Refusal,
  decided: Decision | null = null,
): Promise<void> {
  const { way, answer, reader } = answering;
  const { exchange, client } = way;
  const { problem, error } = refusal;
  if (error === 'upstream_cut' || error === 'upstream_timeout' || error === 'stopping') {
    exchange.noteGap('response', 'upstream_cut', 0);
  }
  const decision = decided ?? (await exchange.judge());
  const status = client.hasBegun() ? answer.status : problem.status;
  await exchange.settle(decision, { status, error, facts: reader.facts() });
  const { voice } = exchange.route;
  if (!client.hasBegun()) {
    const headers = [
      ...errorHeaders(answering, problem.status),
      ...verdictHeaders(way, decided?.verdict ?? null),
    ];
    client.send({ status: problem.status, headers }, voice.error(problem));
    return;
  }
  await client.breakOff(lastWords(answering, problem));
}

/** An error of the upstream's that goes on in other words keeps what it says beside them: when to come back, what is left
 *  of a limit. */
function errorHeaders({ way, answer }: Answering, status: number): string[] {
  const own = headersFor(way.parts, status);
  if (answer.status < 400 || answer.status !== status) return own;
  const kept = replacedAnswerHeaders(answer.headers);
  return headerOf(kept, 'retry-after') === undefined ? [...kept, ...own] : kept;
}

/** The error as one more event or item of a stream, where it can be said at all. */
function lastWords({ way, answer, reader, framing }: Answering, problem: Refusal['problem']): string {
  if (framing === null || isEncoded(answer)) return '';
  if (headerOf(answer.headers, 'content-length') !== undefined) return '';
  const { voice } = way.exchange.route;
  if (framing === 'events') return voice.errorEvent(problem);
  const lead = reader.lead();
  return lead === null ? '' : `${lead}${voice.error(problem).body}]`;
}

/** Whether policy lets an answer go on that could not be judged. */
export function mayPassUnscanned({ exchange, parts }: Way): boolean {
  const isEnforced = exchange.ruleSet.enforces('output') || exchange.ruleSet.enforces('tool_call');
  return parts.config.policy.on_unscannable[isEnforced ? 'enforce' : 'flag'] === 'pass';
}

/** The upstream's own head. */
export function headOf({ status, statusText, headers }: UpstreamAnswer, more: readonly string[] = []): Head {
  return { status, statusText, headers: [...answerHeaders(headers), ...more] };
}

/** Without a length and without chunks the end of a body is the end of its connection, cut or not. */
export function isCutByClose({ answer, reader, framing }: Answering): boolean {
  return framing !== null && !hasOwnEnd(answer) && answer.status < 300 && !reader.isComplete();
}

/** Whether the connection tells where the body ends. */
export function hasOwnEnd({ headers }: UpstreamAnswer): boolean {
  return (headerOf(headers, 'content-length') ?? headerOf(headers, 'transfer-encoding')) !== undefined;
}

/** Whether the answer's bytes are not its text. */
export function isEncoded({ headers }: UpstreamAnswer): boolean {
  return (headerOf(headers, 'content-encoding') ?? 'identity') !== 'identity';
}
