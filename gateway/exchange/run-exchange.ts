import { actingRules, type SegmentRef } from '../../rules/index.ts';
import type { RequestReading } from '../dialects/dialect.ts';
import { blockInstead } from '../policy/decide.ts';
import type { UpstreamAnswer } from '../upstream/create-upstream.ts';
import { answerClient } from './answer-client.ts';
import { asItCame, askUpstream, callUpstream, type SentRequest, takeAnswer } from './call-upstream.ts';
import { createClient } from './client.ts';
import { describeRead, describeUnread } from './describe-exchange.ts';
import { type Connection, createExchange } from './exchange.ts';
import { headStart } from './head-start.ts';
import type { GatewayParts, Route } from './parts.ts';
import { internalRefusal, pathRefusal } from './problems.ts';
import { type ReadRequest, readRaw, readRequest } from './read-request.ts';
import { requestToSend } from './redact-request.ts';
import { blockRequest, refuse, type Way } from './refuse.ts';

/** The way of one exchange, from the request's first byte to the answer's last. Never rejects. */
export async function runExchange(parts: GatewayParts, route: Route, connection: Connection): Promise<void> {
  const exchange = createExchange(parts, route, connection);
  const client = createClient({
    response: connection.response,
    exchangeId: exchange.id,
    stallMs: parts.config.limits.client_stall_ms,
    onBegin: exchange.noteFirstByte,
  });
  const way: Way = { parts, exchange, client, connection };
  try {
    if (route.reads === 'text' && route.dialect !== null) await runText(way);
    else await runUnread(way);
  } catch (error) {
    const which = { exchangeId: exchange.id, traceId: exchange.span.traceId };
    parts.log.error('exchange failed', error, which);
    await refuse(way, internalRefusal(exchange.id)).catch((worse: unknown) => {
      parts.log.error('exchange not refused', worse, which);
      connection.response.destroy();
    });
  }
}

async function runText(way: Way): Promise<void> {
  const { exchange } = way;
  const request = await readRequest(way);
  if (!request.ok) return refuse(way, request.refusal);
  exchange.span.event('request_read');
  exchange.added.resume();
  // First: rules may ask for the model and the conversation.
  describeRead(way, request.reading);
  const answer = await answerOf(way, request);
  if (answer !== null) await answerClient(way, answer, { isStreamed: request.reading.isStreamed });
}

/** The upstream's answer to a request on which the verdict is there, where one is waited for. Null when the exchange has
 *  ended without. */
async function answerOf(way: Way, request: ReadRequest): Promise<UpstreamAnswer | null> {
  const { exchange } = way;
  const sentAsItCame = asItCame(way, request.bytes);
  if (!exchange.isRead) {
    if (exchange.isTextListed) exchange.scan.add(request.reading);
    else exchange.noteGap('request', 'no_rules', request.bytes.length);
    return callUpstream(way, sentAsItCame);
  }
  const waited = waitedFor(way);
  const refs = [...refsOf(request.reading), ...exchange.scan.segments().map(({ ref }) => ref)];
  const when = refs.some(waited) ? whenOf(way) : 'observe';
  if (when === 'observe') return observe(way, request.reading, sentAsItCame);
  await scan(way, request.reading);
  if (when === 'race') return race(way, sentAsItCame, waited);
  const decision = await exchange.judge(waited);
  exchange.span.event('request_scanned');
  const isBlocked = decision.verdict === 'block';
  const sent = isBlocked ? null : requestToSend(way, request, decision);
  if (sent !== null) return callUpstream(way, sent);
  await blockRequest(way, isBlocked ? decision : blockInstead(decision));
  return null;
}

/** Never waits: a failure is the caller's to meet. */
async function scan({ exchange }: Way, reading: RequestReading): Promise<void> {
  exchange.scan.add(reading);
  // Scoring of what need not be waited for goes on beside the upstream.
  void exchange.scan.end();
}

/** The request is on its way before its text is taken apart, and the first bytes of a stream go before it is read: an answer
 *  in one piece waits for that anyway. Where that fails the exchange ends, and what was asked with it. */
async function observe(way: Way, reading: RequestReading, sent: SentRequest): Promise<UpstreamAnswer | null> {
  const asking = askUpstream(way, sent);
  if (reading.isStreamed) way.exchange.scan.readAfter(headStart(asking));
  const [asked] = await Promise.all([asking, scan(way, reading)]);
  return takeAnswer(way, asked);
}

/** The upstream works on the request while it is judged; nothing of its answer is used before. */
async function race(
  way: Way,
  sent: SentRequest,
  waited: (ref: SegmentRef) => boolean,
): Promise<UpstreamAnswer | null> {
  const { exchange } = way;
  const given = new AbortController();
  const asked = askUpstream(way, sent, given.signal);
  const decision = await exchange.judge(waited).catch((error: unknown) => {
    given.abort();
    throw error;
  });
  exchange.span.event('request_scanned');
  if (decision.verdict !== 'block') return takeAnswer(way, await asked);
  given.abort();
  await blockRequest(way, decision);
  const answer = await asked;
  if (answer.outcome === 'answered') answer.body.destroy();
  return null;
}

/** A request that may have to be redacted cannot be on its way already. */
function whenOf({ exchange, parts }: Way): 'before' | 'race' | 'observe' {
  const { request_verdict: when } = parts.config.policy;
  const acting = REQUEST_TARGETS.flatMap((target) =>
    actingRules(exchange.ruleSet, target, exchange.fields()),
  );
  return when === 'race' && acting.some(({ action }) => action === 'redact') ? 'before' : when;
}

const REQUEST_TARGETS = ['input', 'system', 'tool_call', 'tool_result'] as const;

/** A path whose requests carry no text, or one that no dialect knows and that policy lets pass: recorded either way. */
async function runUnread(way: Way): Promise<void> {
  const { exchange, parts, connection } = way;
  const { method = 'GET', url = '/' } = connection.request;
  describeUnread(way);
  if (exchange.route.dialect === null) {
    const decision = parts.config.policy.unknown_path === 'pass' ? 'pass' : 'block';
    parts.telemetry.recordPolicyUse({ policy: 'on_unknown_path', decision });
    if (decision === 'block') return refuse(way, pathRefusal(method, url.split('?', 1)[0] ?? url));
  }
  const body = await readRaw(way);
  if (!body.ok) return refuse(way, body.refusal);
  const { length } = body.bytes;
  if (exchange.route.dialect === null) exchange.noteGap('request', 'unknown_dialect', length);
  else if (!saysNothing(body.bytes)) {
    exchange.noteGap('request', 'unknown_part', length);
    const decision = await exchange.judge(waitedFor(way));
    if (decision.verdict === 'block') return blockRequest(way, decision);
  }
  const hasBody = length > 0 || (method !== 'GET' && method !== 'HEAD');
  const answer = await callUpstream(way, asItCame(way, hasBody ? body.bytes : null));
  if (answer !== null) await answerClient(way, answer, { isStreamed: false });
}

/** Some clients send an empty object where there is nothing to be said. */
function saysNothing(body: Buffer): boolean {
  return body.length <= EMPTY_BYTES && /^\s*(\{\s*\}|null)?\s*$/.test(body.toString());
}

const EMPTY_BYTES = 16;

/** Which of the request's segments the upstream's call must wait for. */
function waitedFor({ exchange, parts }: Way): (ref: SegmentRef) => boolean {
  const isStrict = parts.config.policy.on_unscannable.flag === 'block';
  return ({ target }) => isStrict || exchange.ruleSet.enforces(target);
}

function refsOf({ segments, unread }: RequestReading): SegmentRef[] {
  return [...segments, ...unread].map(({ ref }) => ref);
}
