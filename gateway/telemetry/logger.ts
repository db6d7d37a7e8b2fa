import { type DestinationStream, destination, pino } from 'pino';

/** Scalars only: no header, no body, no text of an exchange and no key has a place here. */
export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** How much is logged. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

/** One JSON line a call: level, time, event and fields. The event is a fixed phrase; what varies is a field. */
export interface Logger {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  /** @param error - its name, code, message and stack are logged, and those of its causes */
  error(event: string, error: unknown, fields?: LogFields): void;
}

/** Logs JSON lines to standard error, or to the stream given. Standard output stays free for a command's result. */
export function createLogger(level: LogLevel = 'info', stream?: DestinationStream): Logger {
  const options = {
    level,
    base: null,
    messageKey: 'event',
    formatters: { level: (label: string) => ({ level: label }) },
  };
  const log = pino(
    { ...options, timestamp: pino.stdTimeFunctions.isoTime },
    stream ?? destination({ fd: 2, sync: true }),
  );
  return {
    debug: (event, fields) => log.debug(fields ?? {}, event),
    info: (event, fields) => log.info(fields ?? {}, event),
    warn: (event, fields) => log.warn(fields ?? {}, event),
    error: (event, error, fields) => log.error({ ...fields, error: describeError(error) }, event),
  };
}

const MAX_CAUSES = 4;

/** Named parts of an error only: errors of libraries carry requests and headers as fields. */
function describeError(error: unknown, depth = 0): Record<string, unknown> {
  if (!(error instanceof Error)) return { message: String(error) };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  const hasCause = error.cause !== undefined && depth < MAX_CAUSES;
  return {
    name: error.name,
    code,
    message: error.message,
    stack: depth === 0 ? error.stack : undefined,
    cause: hasCause ? describeError(error.cause, depth + 1) : undefined,
  };
}
