import type { NextFunction, Request, Response } from 'express';
import { AlertsError } from '../alerts/index.ts';
import { ReviewError, type ReviewErrorCode } from './review-error.ts';
import type { ErrorBody } from './wire.ts';

const STATUS: Readonly<Partial<Record<ReviewErrorCode, number>>> = {
  BAD_QUERY: 400,
  BAD_ID: 400,
  BAD_BODY: 400,
  BODY_TOO_LARGE: 413,
  NOT_JSON: 415,
  NOT_FOUND: 404,
  NOT_FLAGGED: 422,
  OVERTAKEN: 409,
  HOST_REFUSED: 403,
  CROSS_SITE: 403,
  TOO_MANY_LISTENERS: 503,
  STORE_UNAVAILABLE: 503,
};

/** Answers every error as JSON with a code; what nobody foresaw is reported and answered without its details. */
export function errorAnswer(onError: (error: unknown) => void) {
  return (error: unknown, _request: Request, response: Response, _next: NextFunction): void => {
    const known = asReviewError(error);
    const status = known === undefined ? 500 : (STATUS[known.code] ?? 500);
    if (status >= 500 && known?.code !== 'TOO_MANY_LISTENERS') onError(error);
    if (response.headersSent) {
      response.destroy();
      return;
    }
    const code = known?.code ?? 'INTERNAL';
    const message = known?.message ?? 'the review failed on this request; the log of Telltale says why';
    response.status(status).json({ error: { code, message } } satisfies ErrorBody);
  };
}

function asReviewError(error: unknown): ReviewError | undefined {
  if (error instanceof ReviewError) return error;
  if (error instanceof AlertsError) {
    return new ReviewError('STORE_UNAVAILABLE', `the store does not answer: ${error.message}`, {
      cause: error,
    });
  }
  if (error instanceof URIError) return new ReviewError('BAD_ID', error.message, { cause: error });
  const { status, message } = (error ?? {}) as { status?: unknown; message?: unknown };
  if (status === 413)
    return new ReviewError('BODY_TOO_LARGE', 'the body is larger than 16 kB', { cause: error });
  const isOurReader = typeof status === 'number' && status >= 400 && status < 500;
  return isOurReader ? new ReviewError('BAD_BODY', String(message), { cause: error }) : undefined;
}
