/** Every way in which the review refuses a request or cannot start. */
export type ReviewErrorCode =
  | 'BAD_QUERY'
  | 'BAD_ID'
  | 'BAD_BODY'
  | 'BODY_TOO_LARGE'
  | 'NOT_JSON'
  | 'NOT_FOUND'
  | 'NOT_FLAGGED'
  | 'OVERTAKEN'
  | 'HOST_REFUSED'
  | 'CROSS_SITE'
  | 'TOO_MANY_LISTENERS'
  | 'STORE_UNAVAILABLE'
  | 'WEB_NOT_BUILT'
  | 'LISTEN_FAILED';

/** A broken promise of the review: `code` for programs, the message (what, where, the value) for people. */
export class ReviewError extends Error {
  override readonly name = 'ReviewError';
  readonly code: ReviewErrorCode;

  constructor(code: ReviewErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
