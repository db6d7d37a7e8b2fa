import { Agent, request } from 'undici';
import { type EventOrigin, structuredEvent } from '../cloud-event.ts';
import type { Alert, DeliveryOutcome, Sink } from '../types.ts';
import { besideUsualAuthorities } from '../usual-authorities.ts';
import { type CircuitBreaker, createCircuitBreaker } from './circuit-breaker.ts';
import { outcomeOf, retryAfterMs } from './webhook-answer.ts';
import { signatureHeaders } from './webhook-signature.ts';

/** How a webhook sink is built. */
export interface WebhookSinkOptions extends EventOrigin {
  readonly url: string;
  /** Signs every message, once with each; none leaves it unsigned. */
  readonly secrets?: readonly string[];
  /** Sent with every message, for example `authorization`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Authorities to trust beside the usual ones, as PEM. */
  readonly ca?: string;
  /** How long one request may take, its answer included; default 10 s. */
  readonly timeoutMs?: number;
  /** After that no request of a delivery is begun any more, and what is left comes with the next; default 10 s. */
  readonly deliverMs?: number;
  /** Conversations that are served side by side; default 8. */
  readonly concurrency?: number;
  /** Failures in a row after which the address is left alone; default 5. */
  readonly breakerThreshold?: number;
  /** For how long, doubling from the first to the last; default 1 s to 60 s. */
  readonly breakerRest?: { readonly initialMs: number; readonly maxMs: number };
  /** Default `webhook`. */
  readonly name?: string;
}

const MAX_ANSWER_BYTES = 64 * 1024;
const DELIVER_MS = 10_000;
const TIMEOUT_MS = 10_000;
/** From the end of the last request to the end of its delivery. */
const SPARE_MS = 1000;

const LATER: DeliveryOutcome = { outcome: 'later' };

interface Post {
  readonly options: WebhookSinkOptions;
  readonly agent: Agent;
  readonly breaker: CircuitBreaker;
}

/** Posts each alert as a structured CloudEvent, signed, those of a conversation one after the other. What fails is
 *  asked for again; an address that keeps failing is left alone for a while, and meanwhile nothing is sent to it. */
export function createWebhookSink(options: WebhookSinkOptions): Sink {
  const agent = new Agent({
    connections: options.concurrency ?? 8,
    connect: {
      timeout: options.timeoutMs ?? TIMEOUT_MS,
      ...(options.ca !== undefined && { ca: besideUsualAuthorities(options.ca) }),
    },
  });
  const breaker = createCircuitBreaker({
    threshold: options.breakerThreshold ?? 5,
    rest: options.breakerRest ?? { initialMs: 1000, maxMs: 60_000 },
  });
  const post = { options, agent, breaker };
  return {
    name: options.name ?? 'webhook',
    mayTakeMs: (options.deliverMs ?? DELIVER_MS) + (options.timeoutMs ?? TIMEOUT_MS) + SPARE_MS,
    deliver: (alerts, signal) => deliver(post, alerts, signal),
    close: () => agent.destroy(),
  };
}

async function deliver(
  post: Post,
  alerts: readonly Alert[],
  signal: AbortSignal,
): Promise<DeliveryOutcome[]> {
  const outcomes: DeliveryOutcome[] = [];
  const queue = [...Map.groupBy(alerts.entries(), ([, { conversationId }]) => conversationId).values()];
  const until = performance.now() + (post.options.deliverMs ?? DELIVER_MS);
  const postInTime = (alert: Alert) => (performance.now() < until ? postOne(post, alert, signal) : LATER);
  const work = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      let stopped: DeliveryOutcome | undefined;
      for (const [index, alert] of next) {
        const outcome = stopped ?? (await postInTime(alert));
        outcomes[index] = outcome;
        if (outcome.outcome === 'retry' || outcome.outcome === 'later') stopped = outcome;
      }
    }
  };
  await Promise.all(Array.from({ length: post.options.concurrency ?? 8 }, work));
  return outcomes;
}

async function postOne({ options, agent, breaker }: Post, alert: Alert, signal: AbortSignal) {
  const waitMs = breaker.waitMs();
  if (waitMs > 0) return retry(`left alone for another ${Math.ceil(waitMs)} ms: ${breaker.reason()}`);
  const body = JSON.stringify(structuredEvent(alert, options));
  const timestamp = Math.floor(Date.now() / 1000);
  const until = AbortSignal.any([AbortSignal.timeout(options.timeoutMs ?? TIMEOUT_MS), signal]);
  try {
    const answer = await request(options.url, {
      method: 'POST',
      headers: {
        ...options.headers,
        'content-type': 'application/cloudevents+json; charset=utf-8',
        ...signatureHeaders(options.secrets ?? [], { id: alert.id, timestamp, body }),
      },
      body,
      dispatcher: agent,
      signal: until,
    });
    await answer.body.dump({ limit: MAX_ANSWER_BYTES });
    // The body of an aborted request ends like any other.
    until.throwIfAborted();
    const outcome = outcomeOf(answer.statusCode);
    if (outcome.outcome === 'retry')
      breaker.failed(outcome.reason, retryAfterMs(answer.headers['retry-after']));
    else breaker.succeeded();
    return outcome;
  } catch (error) {
    const reason = `the webhook gave no answer: ${reasonOf(error)}`;
    if (!signal.aborted) breaker.failed(reason);
    return retry(reason);
  }
}

function retry(reason: string): DeliveryOutcome {
  return { outcome: 'retry', reason };
}

/** The first cause says more than `fetch failed`; the address is not in it, since it may carry a secret. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message : String(cause);
}
