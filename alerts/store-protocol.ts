import type { AlertsErrorCode } from './alerts-error.ts';
import type { OpenedDatabase } from './database/open.ts';
import type { Store, StoreOptions } from './database/store.ts';

/** What can be asked of a store. */
export type StoreMethod =
  | 'commit'
  | 'saveReview'
  | 'listFlagged'
  | 'readExchange'
  | 'counts'
  | 'take'
  | 'settle'
  | 'waiting'
  | 'deadLetters'
  | 'bury'
  | 'retryDead'
  | 'dropDead'
  | 'expire'
  | 'pressure'
  | 'erase'
  | 'depth'
  | 'close';

/** Given to the thread when it starts. */
export type StoreThreadData = StoreOptions;

/** One question; answers come in the order of the questions. */
export interface StoreRequest {
  readonly id: number;
  readonly method: StoreMethod;
  readonly argument: unknown;
}

/** What the thread says: first once whether the store is open, then one answer for each request. */
export type StoreReply =
  | { readonly kind: 'opened'; readonly setAside: OpenedDatabase['setAside'] }
  | { readonly kind: 'refused'; readonly code: AlertsErrorCode; readonly message: string }
  | { readonly kind: 'answer'; readonly id: number; readonly value: unknown }
  | {
      readonly kind: 'failed';
      readonly id: number;
      readonly code: AlertsErrorCode;
      readonly message: string;
    };

/** The argument and the answer of each method. */
export type StoreArgument<Method extends StoreMethod> =
  Parameters<Store[Method]> extends [infer First] ? First : undefined;
export type StoreAnswer<Method extends StoreMethod> = ReturnType<Store[Method]>;

/** A store whose calls are answered later; the order of answers is its own. */
export type AsyncStore = {
  readonly [Method in StoreMethod]: (argument: StoreArgument<Method>) => Promise<StoreAnswer<Method>>;
};

/** A store wherever it is: in a thread of this process, or in a server. */
export interface StoreClient {
  /** @throws {AlertsError} the store's own codes, WORKER_DIED, TIMEOUT, CLOSED */
  ask<Method extends StoreMethod>(
    method: Method,
    argument: StoreArgument<Method>,
  ): Promise<StoreAnswer<Method>>;
  /** Closes the database after what was asked before. */
  close(): Promise<void>;
}
