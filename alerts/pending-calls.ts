import { AlertsError, type AlertsErrorCode } from './alerts-error.ts';

/** How a thread answers a call by its number. */
export type ThreadAnswer =
  | { readonly kind: 'answer'; readonly id: number; readonly value: unknown }
  | {
      readonly kind: 'failed';
      readonly id: number;
      readonly code: AlertsErrorCode;
      readonly message: string;
    };

/** Calls that were sent elsewhere and wait for their answer, each with a deadline. */
export interface PendingCalls {
  /** A new call. @returns its answer
   *  @param send - is given the call's number, and sends it along; where it throws the call is rejected
   *  @param ms - how long this one may take, where it is not as long as all */
  call(what: string, send: (id: number) => void, ms?: number): Promise<unknown>;
  resolve(id: number, value: unknown): void;
  reject(id: number, error: AlertsError): void;
  rejectAll(error: AlertsError): void;
}

interface Pending {
  readonly id: number;
  readonly timer: NodeJS.Timeout;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: AlertsError) => void;
}

/** @param timeoutMs - after that a call is rejected with TIMEOUT, and a late answer is ignored */
export function createPendingCalls(timeoutMs: number): PendingCalls {
  /** In the order of their numbers, as answers come. */
  const pending: Pending[] = [];
  let nextId = 0;

  const remove = (id: number): Pending | undefined => {
    const at = pending.findIndex((call) => call.id === id);
    if (at === -1) return undefined;
    const [call] = pending.splice(at, 1);
    clearTimeout(call?.timer);
    return call;
  };
  const reject = (id: number, error: AlertsError): void => remove(id)?.reject(error);
  const call = (what: string, send: (id: number) => void, ms = timeoutMs): Promise<unknown> => {
    const id = nextId++;
    const answer = new Promise<unknown>((resolve, fail) => {
      const late = () => reject(id, new AlertsError('TIMEOUT', `no answer to ${what} within ${ms} ms`));
      pending.push({ id, timer: setTimeout(late, ms), resolve, reject: fail });
    });
    try {
      send(id);
    } catch (error) {
      // A value that cannot be cloned is the caller's mistake; the other side lives on.
      const message = `cannot hand over to ${what}: ${error}`;
      reject(id, new AlertsError('STORE_FAILED', message, { cause: error }));
    }
    return answer;
  };
  const rejectAll = (error: AlertsError): void => {
    for (const { id } of [...pending]) reject(id, error);
  };
  return { call, resolve: (id, value) => remove(id)?.resolve(value), reject, rejectAll };
}
