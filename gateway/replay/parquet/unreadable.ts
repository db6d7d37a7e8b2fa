import { GatewayError } from '../../gateway-error.ts';

/** A Parquet file that cannot be replayed: what is wrong, and where in it. */
export function unreadable(path: string, why: string, cause?: unknown): GatewayError {
  return new GatewayError('PARQUET_UNREADABLE', `${path}: ${why}`, { fields: { path }, cause });
}

/** What an error that another part threw says. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
