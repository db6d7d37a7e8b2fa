import type { AlertsErrorCode } from './alerts-error.ts';
import type { OpenedDatabase } from './database/open.ts';
import type { Store, StoreOptions } from './database/store.ts';

/** What can be asked of the store's thread. */
export type StoreMethod =
  | 'commit'
  | 'saveReview'
  | 'listFlagged'
  | 'readExchange'
  | 'counts'
  | 'take'
  | 'settle'
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
