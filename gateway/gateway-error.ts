/** What the gateway's own promises can break on. Expected outcomes are unions; these are not. */
export type GatewayErrorCode =
  | 'CONFIG'
  | 'RULES_BROKEN'
  | 'START_FAILED'
  | 'DIALECT_BROKEN'
  | 'NO_READER'
  | 'PARQUET_UNREADABLE';

/** @param fields - what the message names, for logs */
export class GatewayError extends Error {
  override readonly name = 'GatewayError';
  readonly code: GatewayErrorCode;
  readonly fields: Readonly<Record<string, unknown>>;

  constructor(code: GatewayErrorCode, message: string, options: { fields?: object; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.code = code;
    this.fields = { ...options.fields };
  }
}
