import type { Readable } from 'node:stream';
import type { Config } from '../config/schema.ts';
import { type RawHeaders, requestHeaders } from './headers.ts';
import { openDispatcher, type UpstreamSettings } from './open-dispatcher.ts';
import { type OwnKey, withOwnKey, withoutKey } from './own-key.ts';

export interface UpstreamRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD' | 'OPTIONS';
  /** Path and query as the client sent them. */
  readonly target: string;
  readonly headers: RawHeaders;
  readonly body: Buffer | null;
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
  readonly body: Readable;
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

/** @throws {GatewayError} START_FAILED when its certificates cannot be read */
export function createUpstream({ url, settings, key, proxy }: UpstreamParts): Upstream {
  const { origin, host, pathname } = new URL(url);
  const base = pathname.replace(/\/$/, '');
  const dispatcher = openDispatcher(origin, settings, proxy);
  return {
    host,
    async send({ method, target, headers, body, abortSignal, onInformation }) {
      const patience = startPatience(settings.first_byte_timeout_ms, abortSignal);
      const passed = requestHeaders(headers);
      try {
        const response = await dispatcher.request({
          origin,
          method,
          path: `${base}${key === null ? target : withoutKey(target)}`,
          headers: key === null ? passed : withOwnKey(passed, key),
          body,
          signal: patience.signal,
          responseHeaders: 'raw',
          onInfo: ({ statusCode, headers: raw }) => onInformation?.(statusCode, rawHeaders(raw)),
        });
        return {
          outcome: 'answered',
          status: response.statusCode,
          statusText: response.statusText,
          headers: rawHeaders(response.headers),
          trailers: () => response.trailers,
          body: response.body,
        };
      } catch (error) {
        return failureOf(error, { isOutOfPatience: patience.isOver(), isAborted: abortSignal.aborted });
      } finally {
        patience.stop();
      }
    },
    close: () => dispatcher.destroy(),
  };
}

/** What broke a body in the middle. */
export function bodyFailure(error: unknown, abortSignal: AbortSignal): UpstreamFailure {
  return failureOf(error, { isOutOfPatience: false, isAborted: abortSignal.aborted });
}

function failureOf(error: unknown, { isOutOfPatience = false, isAborted = false }): UpstreamFailure {
  if (isAborted) return { outcome: 'aborted', message: 'the request was given up' };
  if (isOutOfPatience) return { outcome: 'timeout', message: 'no answer began in time' };
  const { code = '', message = String(error) } = error as { code?: string; message?: string };
  return { outcome: OUTCOMES[code] ?? 'cut', message: code === '' ? message : `${message} (${code})` };
}

const OUTCOMES: Readonly<Record<string, UpstreamFailure['outcome']>> = {
  UND_ERR_CONNECT_TIMEOUT: 'timeout',
  UND_ERR_HEADERS_TIMEOUT: 'timeout',
  UND_ERR_BODY_TIMEOUT: 'timeout',
  ECONNREFUSED: 'refused',
  ENOTFOUND: 'refused',
  EAI_AGAIN: 'refused',
  EHOSTUNREACH: 'refused',
  ENETUNREACH: 'refused',
  CERT_HAS_EXPIRED: 'refused',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'refused',
  SELF_SIGNED_CERT_IN_CHAIN: 'refused',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'refused',
  ERR_TLS_CERT_ALTNAME_INVALID: 'refused',
};

interface Patience {
  /** Fires when the time is over or the exchange is given up, its body's time included. */
  readonly signal: AbortSignal;
  isOver(): boolean;
  /** The answer has begun. */
  stop(): void;
}

/** Not by `AbortSignal.any`, which costs a request more than its timer does: the given signal is one exchange's own, so
 *  the listener goes with it. */
function startPatience(timeoutMs: number, given: AbortSignal): Patience {
  const controller = new AbortController();
  let isOver = false;
  const timer = setTimeout(() => {
    isOver = true;
    controller.abort();
  }, timeoutMs);
  if (given.aborted) controller.abort();
  else given.addEventListener('abort', () => controller.abort(), { once: true });
  return { signal: controller.signal, isOver: () => isOver, stop: () => clearTimeout(timer) };
}

/** What undici gives where raw headers are asked for, which its types do not know. */
function rawHeaders(given: unknown): string[] {
  return (given as readonly (string | Buffer)[]).map((part) =>
    typeof part === 'string' ? part : part.toString('latin1'),
  );
}
