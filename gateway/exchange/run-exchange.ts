import type { SegmentRef } from '../../rules/index.ts';
import { conversationId } from '../conversation/conversation-id.ts';
import { credentialOf } from '../conversation/credential.ts';
import type { RequestReading } from '../dialects/dialect.ts';
import type { UpstreamAnswer, UpstreamRequest } from '../upstream/create-upstream.ts';
import { informationHeaders } from '../upstream/headers.ts';
import { answerClient } from './answer-client.ts';
import { createClient } from './client.ts';
import { type Connection, createExchange } from './exchange.ts';
import type { GatewayParts, Route } from './parts.ts';
import { internalRefusal, noUpstreamRefusal, pathRefusal, upstreamRefusal } from './problems.ts';
import { readRaw, readRequest } from './read-request.ts';
import { blockRequest, leave, refuse, type Way } from './refuse.ts';

/** The way of one exchange, from the request's first byte to the answer's last. Never rejects. */
export async function runExchange(parts: GatewayParts, route: Route, connection: Connection): Promise<void> {
  const exchange = createExchange(parts, route, connection);
  const client = createClient(
    connection.response,
    parts.config.limits.client_stall_ms,
    exchange.noteFirstByte,
  );
  const way: Way = { parts, exchange, client, connection };
  try {
    if (route.reads === 'text' && route.dialect !== null) await runText(way);
    else await runUnread(way);
  } catch (error) {
    parts.log.error('exchange failed', error, { exchangeId: exchange.id });
    await refuse(way, internalRefusal(exchange.id));
  }
}

async function runText(way: Way): Promise<void> {
  const { exchange } = way;
  const request = await readRequest(way);
  if (!request.ok) return refuse(way, request.refusal);
  exchange.span.event('request_read');
  // First: rules may ask for the model and the conversation.
  describe(way, request.reading);
  exchange.scan.add(request.reading);
  const mustWait = waitsBefore(way);
  // Scoring of what need not be waited for goes on beside the upstream.
  void exchange.scan.end();
  if (refsOf(request.reading).some(mustWait)) {
    const decision = await exchange.judge(mustWait);
    exchange.span.event('request_scanned');
    if (decision.verdict === 'block') return blockRequest(way, decision);
  }
  const answer = await callUpstream(way, request.bytes);
  if (answer !== null) await answerClient(way, answer, { isStreamed: request.reading.isStreamed });
}

/** A path whose requests carry no text, or one that no dialect knows and that policy lets pass: recorded either way. */
async function runUnread(way: Way): Promise<void> {
  const { exchange, parts, connection } = way;
  const { method = 'GET', url = '/' } = connection.request;
  if (exchange.route.dialect === null) {
    const decision = parts.config.policy.unknown_path === 'pass' ? 'pass' : 'block';
    parts.telemetry.recordPolicyUse({ policy: 'on_unknown_path', decision });
    if (decision === 'block') return refuse(way, pathRefusal(method, url.split('?', 1)[0] ?? url));
  }
  const body = await readRaw(way);
  if (!body.ok) return refuse(way, body.refusal);
  const { length } = body.bytes;
  if (exchange.route.dialect === null) exchange.noteGap('request', 'unknown_dialect', length);
  else if (length > 0) exchange.noteGap('request', 'unknown_part', length);
  const hasBody = length > 0 || (method !== 'GET' && method !== 'HEAD');
  const answer = await callUpstream(way, hasBody ? body.bytes : null);
  if (answer !== null) await answerClient(way, answer, { isStreamed: false });
}

/** Null when the exchange has ended without an answer. */
async function callUpstream(way: Way, body: Buffer | null): Promise<UpstreamAnswer | null> {
  const { exchange, parts, connection } = way;
  const { method, url = '/', headers, rawHeaders } = connection.request;
  const { model } = exchange.detail();
  const upstream = parts.upstreams.choose({ mount: exchange.route.mount, target: url, headers, model });
  if (upstream === null) {
    await refuse(way, noUpstreamRefusal(model));
    return null;
  }
  exchange.span.upstream(upstream.host);
  exchange.span.event('upstream_started');
  const answer = await upstream.send({
    method: method as UpstreamRequest['method'],
    target: url,
    headers: rawHeaders,
    body,
    abortSignal: exchange.abortSignal,
    onInformation: (status, said) => way.client.inform(status, informationHeaders(said)),
  });
  if (answer.outcome === 'answered') return answer;
  if (exchange.abortReason() === 'client_gone') {
    exchange.noteGap('response', 'client_gone', 0);
    await leave(way);
  } else {
    await refuse(way, upstreamRefusal(answer));
  }
  return null;
}

/** Which of the request's segments the upstream's call must wait for. */
function waitsBefore({ exchange, parts }: Way): (ref: SegmentRef) => boolean {
  const isStrict = parts.config.policy.on_unscannable.flag === 'block';
  return ({ target }) => isStrict || exchange.ruleSet.enforces(target);
}

function refsOf({ segments, unread }: RequestReading): SegmentRef[] {
  return [...segments, ...unread].map(({ ref }) => ref);
}

function describe({ exchange, parts, connection }: Way, reading: RequestReading): void {
  const { headers } = connection.request;
  const header = headers['x-telltale-conversation-id'];
  exchange.describe({
    model: reading.model,
    isStreamed: reading.isStreamed,
    conversationId: conversationId(parts.conversationKey, {
      header: typeof header === 'string' ? header : undefined,
      field: reading.conversation ?? conversationBefore(parts, reading),
      opening: reading.opening,
      credential: credentialOf(connection.request),
    }),
  });
}

/** The conversation of the answer that a request goes on from; the answer's id where it passed before a restart, or
 *  elsewhere. */
function conversationBefore({ turns }: GatewayParts, { continues }: RequestReading): string | null {
  return continues === undefined ? null : (turns.conversationOf(continues) ?? continues);
}
