import type { UnscannedReason } from '../../alerts/index.ts';
import type { Config } from '../config/schema.ts';
import type { Problem, ShapeProblem } from '../dialects/dialect.ts';
import type { Unread } from '../policy/decide.ts';
import type { BodyReading } from '../reading/read-body.ts';
import type { ExchangeError } from '../telemetry/index.ts';
import type { UpstreamFailure } from '../upstream/create-upstream.ts';

/** An exchange that ends without the answer that the client asked for. */
export interface Refusal {
  readonly problem: Problem;
  readonly error: ExchangeError;
  /** What the coverage record says of the request's body, where it was not read. */
  readonly gap: { readonly reason: UnscannedReason; readonly bytes: number } | null;
}

export function bodyRefusal(reading: BodyReading & { ok: false }, limits: Config['limits']): Refusal {
  const { reason, bytes } = reading;
  if (reason === 'over_cap') {
    const message = `the body is larger than ${limits.max_body_bytes} bytes`;
    return refusal(413, 'body_too_large', { message, error: 'body_too_large', gap: { reason, bytes } });
  }
  const message = `the body did not arrive within ${limits.body_timeout_ms} ms`;
  const error = reason === 'client_gone' ? 'client_gone' : 'bad_request';
  return refusal(408, 'body_timeout', { message, error, gap: { reason, bytes } });
}

export function unreadableRefusal(reason: UnscannedReason, message: string, bytes: number): Refusal {
  return refusal(400, reason, { message, error: 'bad_request', gap: { reason, bytes } });
}

export function shapeRefusal({ at, message }: ShapeProblem, bytes: number): Refusal {
  const base = unreadableRefusal('bad_shape', message, bytes);
  return { ...base, problem: { ...base.problem, at } };
}

export function pathRefusal(method: string, path: string): Refusal {
  const message = `no dialect reads ${method} ${path.slice(0, 200)}, and the policy on unknown paths is to refuse them`;
  return refusal(404, 'unknown_path', {
    message,
    error: 'unknown_path',
    gap: { reason: 'unknown_dialect', bytes: 0 },
  });
}

/** No upstream of the configuration is for such a request. */
export function noUpstreamRefusal(model: string | null): Refusal {
  const named = model === null ? 'it names no model' : `its model is ${JSON.stringify(model.slice(0, 100))}`;
  const message = `no upstream is for this request: ${named}`;
  return refusal(404, 'no_upstream', { message, error: 'unknown_path', gap: null });
}

const UPSTREAM_FAILURES = {
  refused: [502, 'upstream_refused'],
  timeout: [504, 'upstream_timeout'],
  cut: [502, 'upstream_cut'],
  aborted: [503, 'stopping'],
} as const;

export function upstreamRefusal({ outcome, message }: UpstreamFailure): Refusal {
  const [status, code] = UPSTREAM_FAILURES[outcome];
  return refusal(status, code, { message: told(outcome, message), error: code, gap: null });
}

function told(outcome: UpstreamFailure['outcome'], message: string): string {
  if (outcome === 'aborted') return 'the gateway is stopping';
  if (outcome === 'cut') return `the upstream broke off before its answer was complete: ${message}`;
  return `the upstream gave no answer: ${message}`;
}

export function unrecordedRefusal(): Refusal {
  const message = 'the exchange could not be recorded, and the policy is to block such exchanges';
  return refusal(503, 'unrecorded', { message, error: 'unrecorded', gap: null });
}

/** Text that must be read and was not: either it cannot be, or the reader did not get to it. */
export function unscannedRefusal(side: 'request' | 'answer', unread: readonly Unread[]): Refusal {
  const [first] = unread;
  const { pointer = '', reason = 'error' } = first ?? {};
  const isLate = unread.length > 0 && unread.every((one) => READER_FAILURES.has(one.reason));
  const place = pointer === '' ? `the ${side}` : `${pointer} of the ${side}`;
  const message = `${place} was not scanned (${reason}), and the policy is to block what was not scanned`;
  const [status, code] = isLate
    ? ([503, 'scanner_unavailable'] as const)
    : ([side === 'request' ? 400 : 502, 'unscannable'] as const);
  const base = refusal(status, code, { message, error: 'unscannable', gap: null });
  return side === 'request' ? { ...base, problem: { ...base.problem, at: pointer } } : base;
}

/** Why text that could have been read was not. */
const READER_FAILURES = new Set<UnscannedReason>([
  'timeout',
  'queue_full',
  'worker_died',
  'non_finite',
  'error',
]);

export function internalRefusal(exchangeId: string): Refusal {
  const message = `the gateway failed; its log names exchange ${exchangeId}`;
  return refusal(500, 'internal', { message, error: 'internal', gap: null });
}

/** A request that two readers might read differently. */
export function oddRequestRefusal(code: string, message: string): Refusal {
  return refusal(400, code, { message, error: 'bad_request', gap: null });
}

/** Nobody could say what such a body is. */
export function codingRefusal(coding: string): Refusal {
  const message = `the body has the transfer coding ${JSON.stringify(coding.slice(0, 100))}; only chunked is known`;
  return refusal(501, 'unknown_transfer_coding', { message, error: 'bad_request', gap: null });
}

export function headersRefusal(count: number, max: number): Refusal {
  const message = `the request has ${count} headers or more, and the bound is ${max}`;
  return refusal(431, 'headers_too_large', { message, error: 'bad_request', gap: null });
}

export function overloadRefusal(inFlight: number): Refusal {
  const message = `${inFlight} exchanges are in flight, which is as many as are taken now`;
  return refusal(503, 'overloaded', { message, error: 'overloaded', gap: null });
}

export function badTargetRefusal(): Refusal {
  const message = 'the request target is not a path that can be read';
  return refusal(400, 'bad_target', { message, error: 'bad_request', gap: null });
}

export function stoppingRefusal(): Refusal {
  return refusal(503, 'stopping', { message: 'the gateway is stopping', error: 'stopping', gap: null });
}

interface Rest {
  readonly message: string;
  readonly error: ExchangeError;
  readonly gap: Refusal['gap'];
}

function refusal(status: number, code: string, { message, error, gap }: Rest): Refusal {
  return { problem: { status, code, message, at: null }, error, gap };
}
