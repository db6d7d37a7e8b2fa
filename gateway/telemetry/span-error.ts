import { type Span, SpanStatusCode } from '@opentelemetry/api';
import { SEMANTICS } from './semantics.ts';
import type { ExchangeError } from './types.ts';

/** Errors that are the client's doing leave the span's status unset, as HTTP server spans do with 4xx. */
const CLIENT_ERRORS: ReadonlySet<ExchangeError> = new Set([
  'bad_request',
  'body_too_large',
  'unknown_path',
  'client_gone',
]);

/** Whether an exchange failed, and not by the client's doing. */
export function isFailure(error: ExchangeError | null): boolean {
  return error !== null && !CLIENT_ERRORS.has(error);
}

/** Says on a span what went wrong; nothing where nothing did. */
export function setError(span: Span, error: ExchangeError | null): void {
  if (error === null) return;
  span.setAttribute(SEMANTICS.errorType, error);
  if (isFailure(error)) span.setStatus({ code: SpanStatusCode.ERROR, message: error });
}
