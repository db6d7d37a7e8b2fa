import { resolve } from 'node:path';
import { makeFolder } from '../alerts/index.ts';
import { GatewayError } from './gateway-error.ts';

/** Conversations are kept there: for the owner alone. A folder that is there already stays as it is. */
const PRIVATE = 0o700;

/** Makes the folder of state where it is missing, and gives its whole path.
 *  @throws {GatewayError} START_FAILED */
export function openDataFolder(data: string): string {
  const folder = resolve(data);
  try {
    makeFolder(folder, PRIVATE);
    return folder;
  } catch (cause) {
    const message = `the state folder ${folder} (TELLTALE_DATA) cannot be made: ${(cause as Error).message}`;
    throw new GatewayError('START_FAILED', message, { fields: { folder }, cause });
  }
}
