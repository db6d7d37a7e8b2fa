import type { Store, StoreOptions } from './database/store.ts';

/** What can be asked of a store. */
export type StoreMethod =
  | 'commit'
  | 'saveReview'
  | 'listFlagged'
  | 'readExchange'
  | 'known'
  | 'counts'
  | 'take'
  | 'settle'
  | 'waiting'
  | 'sinksWithRows'
  | 'deadLetters'
  | 'bury'
  | 'retryDead'
  | 'dropDead'
  | 'dropWaiting'
  | 'expire'
  | 'crowdedUpTo'
  | 'crowdOut'
  | 'pressure'
  | 'erase'
  | 'addUnscored'
  | 'takeUnscored'
  | 'settleUnscored'
  | 'unscoredDepth'
  | 'depth'
  | 'listSilences'
  | 'addSilence'
  | 'endSilence'
  | 'countHeldBack'
  | 'heldBack'
  | 'sharedKey'
  | 'close';

/** Given to the thread when it starts. */
export type StoreThreadData = StoreOptions;

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
