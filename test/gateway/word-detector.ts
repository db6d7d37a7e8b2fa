import {
  type Activations,
  type Detector,
  DetectorError,
  type DetectorErrorCode,
  type ReadableView,
  type SegmentScorer,
  type SignalId,
} from '../../detectors/index.ts';
import { activationsOf, featureset } from '../rules/featureset.ts';

/** A detector whose numbers a test can foresee: tokens are words, and the concept `deception` is at 6 on the word
 *  `deceive`, `jailbreak` on `jailbreak`. A word `fail:CODE` breaks the segment's scoring with that error.
 *  Its last word is not final before the end, as with every tokenizer that may still join pieces. A text with a
 *  zero-width space in it is disguised. */
export function createWordDetector(): Detector & { readonly texts: string[] } {
  const texts: string[] = [];
  return {
    featureset,
    texts,
    createScorer: ({ signals }) => createScorer(signals, texts),
    readableView: withoutZeroWidth,
    isDisguised: (text) => withoutZeroWidth(text) !== null,
    stats: () => ({
      workers: 1,
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
}

const FEATURES: Readonly<Record<string, number>> = { deceive: 10, power: 20, jailbreak: 30 };

function createScorer(signals: readonly SignalId[], texts: string[]): SegmentScorer {
  let text = '';
  let tokensFinal = 0;

  function score(isWhole: boolean): Activations {
    const words = [...text.matchAll(/\s*\S+/g)];
    const final = words.slice(0, isWhole ? words.length : Math.max(tokensFinal, words.length - 1));
    const fresh = final.slice(tokensFinal);
    const failure = fresh.map(([word]) => /fail:(\w+)/.exec(word)?.[1]).find((code) => code !== undefined);
    if (failure !== undefined) throw new DetectorError(failure as DetectorErrorCode, 'as the text asked');
    const rows = fresh.map(([word]) => rowOf(word));
    const firstToken = tokensFinal;
    tokensFinal = final.length;
    const tokens = fresh.map(({ 0: word, index }) => ({
      start: index + (word.length - word.trimStart().length),
      end: index + word.length,
    }));
    return { ...activationsOf(rows, signals, firstToken), tokens };
  }

  return {
    recall: () => null,
    async push(piece) {
      text += piece;
      return score(false);
    },
    async end(lastText = '') {
      text += lastText;
      texts.push(text);
      return score(true);
    },
    provisional: async () => activationsOf([], signals, tokensFinal),
    tokensFinal: () => tokensFinal,
  };
}

function withoutZeroWidth(text: string): ReadableView | null {
  const kept = text.split('').flatMap((unit, at) => (unit === '\u200b' ? [] : [at]));
  if (kept.length === text.length) return null;
  return {
    text: text.replaceAll('\u200b', ''),
    changes: ['invisible'],
    origin: ({ start, end }) => ({
      start: kept[start] ?? text.length,
      end: end > start ? (kept[end - 1] ?? text.length) + 1 : (kept[start] ?? text.length),
    }),
  };
}

function rowOf(word: string): Record<number, number> {
  const index = FEATURES[word.replaceAll(/[^a-z\u200b]/g, '')];
  return index === undefined ? {} : { [index]: 3 };
}
