import { AlertsError } from '../alerts-error.ts';
import { codeOfReason } from '../store-failure.ts';
import type { StoreAnswer, StoreArgument, StoreClient, StoreMethod } from '../store-protocol.ts';
import { shownUrl } from './database.ts';
import { postgresMessageOf, postgresReasonOf } from './failure.ts';
import { openPostgresStore, type PostgresStoreOptions } from './store.ts';

/** The store in PostgreSQL behind the same face as the store in a thread. A connection that broke is replaced at the next
 *  call; what was asked of it fails.
 *  @throws {AlertsError} STORE_UNREACHABLE, STORE_UNSAFE, SCHEMA_NEWER, and the codes of a store that cannot be written */
export async function createPostgresClient(options: PostgresStoreOptions): Promise<StoreClient> {
  const where = shownUrl(options.url);
  const store = await openPostgresStore(options).catch((error: unknown) => {
    throw storeErrorOf(error, `cannot open ${where}`);
  });
  let isClosed = false;
  const ask = async <Method extends StoreMethod>(method: Method, argument: StoreArgument<Method>) => {
    if (isClosed) throw new AlertsError('CLOSED', `the store is closed, asked to ${method}`);
    const call = store[method] as (argument: unknown) => Promise<unknown>;
    try {
      return (await call(argument)) as StoreAnswer<Method>;
    } catch (error) {
      throw storeErrorOf(error, `the store ${where} could not ${method}`);
    }
  };
  const close = async (): Promise<void> => {
    if (isClosed) return;
    isClosed = true;
    await store.close(undefined);
  };
  return { ask, close };
}

function storeErrorOf(error: unknown, doing: string): AlertsError {
  if (error instanceof AlertsError) return error;
  const code = codeOfReason(postgresReasonOf(error));
  return new AlertsError(code, `${doing}: ${postgresMessageOf(error)}`, { cause: error });
}
