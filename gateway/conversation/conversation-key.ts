import { createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Ledger } from '../../alerts/index.ts';
import type { Logger } from '../telemetry/index.ts';

export interface ConversationKeyParts {
  /** The folder of state, which is there. */
  readonly dataDir: string;
  /** Where several gateways may share the store; null where it is a file of this one's. */
  readonly databaseUrl: string | null;
  readonly ledger: Pick<Ledger, 'sharedKey'>;
  readonly log: Pick<Logger, 'warn'>;
}

const KEY_BYTES = 32;

/** The key under which conversations and callers are hashed: they keep their ids over restarts, and have the same ids at
 *  all gateways of a store. In a shared store it is the one that its first gateway brought, which is its
 *  `conversation.key` where it has one.
 *  @throws {AlertsError} where the store cannot be asked */
export async function openConversationKey(parts: ConversationKeyParts): Promise<KeyObject> {
  const { dataDir, databaseUrl, ledger, log } = parts;
  const path = join(dataDir, 'conversation.key');
  if (databaseUrl === null) return asKey(readOrMake(path));
  const own = existsSync(path) ? readFileSync(path) : null;
  const shared = await ledger.sharedKey(own ?? randomBytes(KEY_BYTES));
  if (own?.equals(shared) === false) {
    log.warn('the store has the key of another gateway: conversations and callers get other ids here', {
      path,
    });
  }
  return asKey(shared);
}

function readOrMake(path: string): Buffer {
  try {
    writeFileSync(path, randomBytes(KEY_BYTES), { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return readFileSync(path);
}

/** Not the bytes: Node makes an object of those anew for every hash, which costs more than the hash. */
function asKey(bytes: Uint8Array): KeyObject {
  return createSecretKey(bytes);
}
