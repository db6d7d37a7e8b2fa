import { setTimeout as sleep } from 'node:timers/promises';
import type { CommitOutcome, ExchangeRecord, Ledger } from '../../alerts/index.ts';
import type { Health } from '../health.ts';
import type { Logger } from '../telemetry/index.ts';

/** Asks the store until it answers: nobody waits for a worker but the topic, which keeps what comes after. */
export interface Durably {
  /** Resolves where the exchange is kept: recorded, sampled, or a dead letter.
   *  @throws the signal's reason when it has fired: what was to be done comes again */
  commit(record: ExchangeRecord): Promise<CommitOutcome>;
  /** The same of a question that rejects while the store is away. */
  ask<Answer>(question: () => Promise<Answer>): Promise<Answer>;
}

export interface DurablyParts {
  readonly ledger: Pick<Ledger, 'commit' | 'tryCommit'>;
  readonly health: Pick<Health, 'noteCommit'>;
  readonly log: Logger;
  readonly abortSignal: AbortSignal;
}

const FIRST_MS = 200;
const MOST_MS = 5_000;
/** What lies in the record itself fails again however often it comes: it goes to the dead letters with the last. */
const ATTEMPTS_OF_ITS_OWN = 3;

export function createDurably({ ledger, health, log, abortSignal }: DurablyParts): Durably {
  async function rest(attempt: number): Promise<void> {
    const ms = Math.min(MOST_MS, FIRST_MS * 2 ** (attempt - 1));
    // It rejects with an error of its own where the signal fires; the signal's reason is thrown.
    await sleep(ms, undefined, { signal: abortSignal }).catch(() => {});
    abortSignal.throwIfAborted();
  }
  return {
    async commit(record) {
      let ofItsOwn = 0;
      for (let attempt = 1; ; attempt += 1) {
        const isLast = ofItsOwn + 1 >= ATTEMPTS_OF_ITS_OWN;
        const outcome = await (isLast ? ledger.commit(record) : ledger.tryCommit(record));
        health.noteCommit(outcome);
        if (outcome.outcome !== 'unrecorded' || outcome.isBuried === true) return outcome;
        const { reason, message, isBuried } = outcome;
        if (reason === 'too_large' || reason === 'error') ofItsOwn += 1;
        if (attempt === 1) log.warn('findings cannot be recorded and wait', { reason, message });
        if (isBuried === false && ofItsOwn === ATTEMPTS_OF_ITS_OWN)
          log.error('an exchange can neither be recorded nor become a dead letter, and waits', message);
        await rest(attempt);
      }
    },
    async ask(question) {
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await question();
        } catch (error) {
          if (attempt === 1) log.error('the store does not answer, and is asked again', error);
          await rest(attempt);
        }
      }
    },
  };
}
