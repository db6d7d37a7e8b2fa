import type { UpstreamAnswer, UpstreamFailure, UpstreamRequest } from '../upstream/create-upstream.ts';
import { informationHeaders } from '../upstream/headers.ts';
import { traceHeaders } from '../upstream/trace-headers.ts';
import { noUpstreamRefusal, upstreamRefusal } from './problems.ts';
import { leave, refuse, type Way } from './refuse.ts';

/** What goes to the upstream. */
export type SentRequest = Pick<UpstreamRequest, 'headers' | 'body' | 'trailers'>;

/** What came of asking; `no_upstream`: none is for such a request. */
export type Asked = UpstreamAnswer | UpstreamFailure | { readonly outcome: 'no_upstream' };

/** The client's own bytes. */
export function asItCame({ connection }: Way, body: Buffer | null): SentRequest {
  const { rawHeaders: headers, rawTrailers: trailers } = connection.request;
  return { headers, body, trailers };
}

/** Null when the exchange has ended without an answer. */
export async function callUpstream(way: Way, sent: SentRequest): Promise<UpstreamAnswer | null> {
  return takeAnswer(way, await askUpstream(way, sent));
}

/** @param givenUp - fires when the answer is not wanted any more */
export async function askUpstream(way: Way, sent: SentRequest, givenUp?: AbortSignal): Promise<Asked> {
  const { exchange, parts, connection } = way;
  const { method, url = '/', headers } = connection.request;
  const { model } = exchange.detail();
  const upstream = parts.upstreams.choose({ mount: exchange.route.mount, target: url, headers, model });
  if (upstream === null) return { outcome: 'no_upstream' };
  exchange.span.upstream(upstream.host);
  exchange.span.event('upstream_started');
  exchange.added.pause();
  const answer = await upstream.send({
    method: method as UpstreamRequest['method'],
    target: url,
    ...sent,
    traceHeaders: traceHeaders(sent.headers, parts.config.telemetry.send_trace_context, exchange.span),
    onInformation: (status, said) => way.client.inform(status, informationHeaders(said)),
    abortSignal:
      givenUp === undefined ? exchange.abortSignal : AbortSignal.any([exchange.abortSignal, givenUp]),
  });
  exchange.added.resume();
  return answer;
}

/** Null where there is none, and the exchange has ended with that. */
export async function takeAnswer(way: Way, answer: Asked): Promise<UpstreamAnswer | null> {
  const { exchange } = way;
  if (answer.outcome === 'answered') return answer;
  if (answer.outcome === 'no_upstream') {
    await refuse(way, noUpstreamRefusal(exchange.detail().model));
  } else if (exchange.abortReason() === 'client_gone') {
    exchange.noteGap('response', 'client_gone', 0);
    await leave(way);
  } else {
    await refuse(way, upstreamRefusal(answer));
  }
  return null;
}
