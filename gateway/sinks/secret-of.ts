import { readFileSync } from 'node:fs';
import { GatewayError } from '../gateway-error.ts';

/** The value of an environment variable that must be set.
 *  @param what - who needs it, for the message
 *  @throws {GatewayError} START_FAILED */
export function secretOf(env: NodeJS.ProcessEnv, variable: string, what: string): string {
  const value = env[variable] ?? '';
  if (value !== '') return value;
  const message = `${what} needs the environment variable ${variable}, which is not set`;
  throw new GatewayError('START_FAILED', message, { fields: { variable } });
}

/** The text of a file that must be there.
 *  @throws {GatewayError} START_FAILED */
export function textOf(path: string, what: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const message = `${what} cannot read ${path}: ${(cause as Error).message}`;
    throw new GatewayError('START_FAILED', message, { fields: { path }, cause });
  }
}
