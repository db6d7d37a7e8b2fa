import type { Activations, Detector, SegmentScorer, SignalId, TokenSpan } from '../../detectors/index.ts';
import { activationsOf, featureset } from './featureset.ts';

const FEATURE_OF_WORD: Readonly<Record<string, number>> = { lie: 10, sorry: 7, seize: 20 };

/** A detector over words, to test the test runner by: "lie" activates feature 10, "sorry" 7, "seize" 20, each by 5.
 *  The text "unscorable" is refused. */
export const wordDetector: Detector = {
  featureset,
  createScorer: ({ signals }) => createWordScorer(signals),
  readableView: () => null,
  isDisguised: () => false,
  stats: () => ({
    workers: 0,
    openWindows: 0,
    queued: 0,
    tokensScored: 0,
    tokensRecalled: 0,
    scoreCache: null,
    batches: 0,
    workersReplaced: 0,
    rejectedQueueFull: 0,
    timedOut: 0,
    nonFinite: 0,
  }),
  close: async () => {},
};

function createWordScorer(signals: readonly SignalId[]): SegmentScorer {
  let text = '';
  const nothing = activationsOf([], signals);
  const add = (more: string) => {
    text += more;
    if (text === 'unscorable') throw new Error('the reader did not answer');
  };
  return {
    recall: () => null,
    push: async (more) => {
      add(more);
      return nothing;
    },
    end: async (lastText = '') => {
      add(lastText);
      return score(text, signals);
    },
    provisional: async () => nothing,
    tokensFinal: () => 0,
  };
}

function score(text: string, signals: readonly SignalId[]): Activations {
  const words = [...text.matchAll(/\w+/g)];
  const rows = words.map(([word]) => {
    const feature = FEATURE_OF_WORD[word];
    return feature === undefined ? {} : { [feature]: 5 };
  });
  const tokens: TokenSpan[] = words.map((match) => ({
    start: match.index,
    end: match.index + match[0].length,
  }));
  return { ...activationsOf(rows, signals), tokens };
}
