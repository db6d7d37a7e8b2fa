import type { Config } from '../config/schema.ts';
import type { AnswerBody } from './answer-body.ts';
import { askOver } from './ask-over.ts';
import { askWithTrailers } from './ask-with-trailers.ts';
import { type RawHeaders, requestHeaders, requestTrailers } from './headers.ts';
import { openAgent, openDispatcher, type UpstreamSettings } from './open-dispatcher.ts';
import { type OwnKey, withOwnKey, withoutCallersKey, withoutKey } from './own-key.ts';

export interface UpstreamRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD' | 'OPTIONS';
  /** Path and query as the client sent them. */
  readonly target: string;
  readonly headers: RawHeaders;
  /** What it is told of the trace, in place of what the client said. */
  readonly traceHeaders?: RawHeaders;
  readonly body: Buffer | null;
  /** What came after the body. */
  readonly trailers: RawHeaders;
  readonly abortSignal: AbortSignal;
  /** Hears what the upstream says before its answer: 102, 103. */
  readonly onInformation?: (status: number, headers: RawHeaders) => void;
}

export interface UpstreamAnswer {
  readonly outcome: 'answered';
  readonly status: number;
  readonly statusText: string;
  readonly headers: RawHeaders;
  /** What came after the body; known when that has ended. */
  trailers(): Readonly<Record<string, string>>;
  /** Errors when the upstream stops before the end; reading it slowly slows the upstream. */
  readonly body: AnswerBody;
}

/** Why there is no answer. `aborted`: the request's signal fired. */
export interface UpstreamFailure {
  readonly outcome: 'refused' | 'timeout' | 'cut' | 'aborted';
  readonly message: string;
}

/** The endpoint that answers in the end. */
export interface Upstream {
  /** Host and port, for telemetry. */
  readonly host: string;
  send(request: UpstreamRequest): Promise<UpstreamAnswer | UpstreamFailure>;
  close(): Promise<void>;
}

export interface UpstreamParts {
  /** For people, in errors. */
  readonly name: string;
  /** Scheme, host and perhaps a path that is put before each request's own. */
  readonly url: string;
  readonly settings: UpstreamSettings;
  /** Sent in place of the caller's; null: the caller's is passed on. */
  readonly key: OwnKey | null;
  readonly proxy: Config['proxy'];
}

const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 };
const NO_BYTES = Buffer.alloc(0);

/** @throws {GatewayError} START_FAILED when its certificates cannot be read */
export function createUpstream({ url, settings, key, proxy }: UpstreamParts): Upstream {
  const { origin, protocol, hostname, port, pathname } = new URL(url);
  const base = pathname.replace(/\/$/, '');
  const dispatcher = openDispatcher(origin, settings, proxy);
  const agent = openAgent(origin, settings, proxy);
  return {
    host: `${hostname}:${port || DEFAULT_PORTS[protocol]}`,
    send({ method, target, headers, traceHeaders = [], body, trailers: given, abortSignal, onInformation }) {
      const trailers = given.length === 0 ? given : trailersToSend(given, key);
      const passed = [...requestHeaders(headers, { hasTrailers: trailers.length > 0 }), ...traceHeaders];
      const path = `${base}${key === null ? target : withoutKey(target)}`;
      const sent = key === null ? passed : withOwnKey(passed, key);
      const request = { origin, method, path, headers: sent };
      const asked = { firstByteTimeoutMs: settings.first_byte_timeout_ms, abortSignal, onInformation };
      return trailers.length === 0
        ? askOver(dispatcher, { ...asked, request: { ...request, body } })
        : askWithTrailers({ ...asked, ...request, agent, settings, body: body ?? NO_BYTES, trailers });
    },
    async close() {
      agent.destroy();
      await dispatcher.destroy();
    },
  };
}

function trailersToSend(given: RawHeaders, key: OwnKey | null): string[] {
  const passed = requestTrailers(given);
  return key === null ? passed : withoutCallersKey(passed, key);
}
