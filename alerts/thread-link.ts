import { AlertsError } from './alerts-error.ts';
import { createPendingCalls, type ThreadAnswer } from './pending-calls.ts';

/** One end of a line between two threads: either may ask the other, and be asked. */
export interface ThreadLink {
  /** @param timeoutMs - default the link's own
   *  @throws {AlertsError} what the other side threw, TIMEOUT, WORKER_DIED */
  ask(method: string, argument: unknown, timeoutMs?: number): Promise<unknown>;
  /** Says something that is not answered. */
  tell(method: string, argument: unknown): void;
  /** The other side is gone: whoever waits for it is told, and whoever asks from now on. */
  lose(error: AlertsError): void;
}

/** What a link needs. */
export interface ThreadLinkParts {
  /** A worker, or the parent's port. */
  readonly port: LinkPort;
  /** What the other side may ask of this one, or tell it. */
  readonly answers: Readonly<Record<string, (argument: never) => unknown>>;
  /** How long an answer may take. */
  readonly timeoutMs: number;
}

interface LinkPort {
  postMessage(message: LinkMessage): void;
  on(event: 'message', listener: (message: LinkMessage) => void): unknown;
}

type LinkMessage =
  | { readonly kind: 'ask'; readonly id: number; readonly method: string; readonly argument: unknown }
  | { readonly kind: 'tell'; readonly method: string; readonly argument: unknown }
  | ThreadAnswer;

/** Listens from now on. */
export function createThreadLink({ port, answers, timeoutMs }: ThreadLinkParts): ThreadLink {
  const calls = createPendingCalls(timeoutMs);
  let lost: AlertsError | undefined;
  const run = async (method: string, argument: unknown): Promise<unknown> => {
    const answer = answers[method];
    if (answer === undefined) throw new AlertsError('STORE_FAILED', `a thread was asked to ${method}`);
    return await answer(argument as never);
  };
  const reply = async (id: number, method: string, argument: unknown): Promise<void> => {
    try {
      port.postMessage({ kind: 'answer', id, value: await run(method, argument) });
    } catch (error) {
      const code = error instanceof AlertsError ? error.code : 'STORE_FAILED';
      const message = error instanceof Error ? error.message : String(error);
      port.postMessage({ kind: 'failed', id, code, message });
    }
  };
  port.on('message', (message) => {
    if (message.kind === 'ask') void reply(message.id, message.method, message.argument);
    else if (message.kind === 'tell') void run(message.method, message.argument);
    else if (message.kind === 'answer') calls.resolve(message.id, message.value);
    else calls.reject(message.id, new AlertsError(message.code, message.message));
  });
  return {
    ask(method, argument, ms) {
      if (lost !== undefined) return Promise.reject(lost);
      return calls.call(method, (id) => port.postMessage({ kind: 'ask', id, method, argument }), ms);
    },
    tell: (method, argument) => port.postMessage({ kind: 'tell', method, argument }),
    lose(error) {
      lost = error;
      calls.rejectAll(error);
    },
  };
}
