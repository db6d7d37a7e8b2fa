import { createKeptReader, type Featureset, type SignalId } from '../../detectors/index.ts';
import { isJoined } from '../joined-parts.ts';
import type { CalibrationLearner } from '../learn-calibration.ts';
import type { OpenedExchange } from './replayer.ts';
import { tokenPrint } from './token-print.ts';

/** Shows kept exchanges to a learner of calibrations: each text as it stands, once for a role and a route, since clients send
 *  earlier messages again with each request, and of texts in parts the parts alone; drift counts live traffic so too. */
export interface KeptLearner {
  add(opened: OpenedExchange): void;
  leftOut(): KeptLeftOut;
}

/** Segments that were not learned of. */
export interface KeptLeftOut {
  /** The same text had come before. */
  readonly again: number;
  /** Nobody read them, or not to their end. */
  readonly unread: number;
  /** Segments by the signal that is to be learned and was not kept of them. */
  readonly missing: Readonly<Partial<Record<SignalId, number>>>;
}

/** @param featureset - the one that the exchanges were read with */
export function createKeptLearner(
  featureset: Featureset,
  learner: Pick<CalibrationLearner, 'signals' | 'add'>,
): KeptLearner {
  const reader = createKeptReader(featureset);
  const seen = new Set<string>();
  const counts = { again: 0, unread: 0 };
  const missing: Partial<Record<SignalId, number>> = {};

  function isAgain(place: readonly string[], print: string | null): boolean {
    if (print === null) return false;
    const key = JSON.stringify([...place, print]);
    const isKnown = seen.has(key);
    seen.add(key);
    return isKnown;
  }

  return {
    add({ segments }) {
      for (const { segment, readings } of segments) {
        if (isJoined(segment.ref)) {
          counts.again += 1;
          continue;
        }
        const [text] = readings;
        if (text === undefined || !text.isFinished) {
          counts.unread += 1;
          continue;
        }
        const unknown = reader.missing(segment.computed, learner.signals);
        for (const signal of unknown) missing[signal] = (missing[signal] ?? 0) + 1;
        if (unknown.length > 0) continue;
        const { role } = segment.ref;
        const route = segment.fields.route ?? null;
        if (isAgain([role, route ?? ''], tokenPrint(text.kept, 0, text.kept.tokens - 1))) counts.again += 1;
        else learner.add(role, reader.read(text.kept, learner.signals), route);
      }
    },
    leftOut: () => ({ ...counts, missing: { ...missing } }),
  };
}
