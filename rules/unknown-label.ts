import type { Featureset } from '../detectors/index.ts';

type Labelled = Pick<Featureset, 'name' | 'dictionarySize' | 'feature'>;

interface Label {
  readonly index: number;
  readonly text: string;
  readonly words: ReadonlySet<string>;
}

/** Of a featureset they are taken apart once, however many rules are wrong. */
const LABELS = new WeakMap<Labelled, readonly Label[]>();
/** So many letters of a word count, so that its endings and most slips of the pen do not. */
const WORD_BEGINNING = 4;
const MIN_ALIKE = 0.5;
const MAX_NAMED = 5;

/** Why a label names no feature, or not one alone, and what would do. Labels are sentences, which another featureset words
 *  otherwise: the nearest is the one that shares most words. */
export function unknownLabel(text: string, featureset: Labelled): string {
  const labels = labelsOf(featureset);
  const bearers = labels.filter((label) => label.text === text);
  if (bearers.length > 0) {
    const named = bearers.slice(0, MAX_NAMED).map(({ index }) => index);
    const more = bearers.length > MAX_NAMED ? ' and others' : '';
    return `the features ${named.join(', ')}${more} of ${featureset.name} have the label "${text}"; give the index of one`;
  }
  const near = nearestLabel(wordsOf(text), labels);
  const meant = near
    ? `did you mean "${near.text}", which is feature ${near.index}?`
    : 'give the index of one';
  return `no feature of ${featureset.name} has the label "${text}"; ${meant}`;
}

function labelsOf(featureset: Labelled): readonly Label[] {
  const known = LABELS.get(featureset);
  if (known !== undefined) return known;
  const indices = Array.from({ length: featureset.dictionarySize }, (_, index) => index);
  const labels = indices.flatMap((index): Label[] => {
    const text = featureset.feature(index).label;
    return text === null ? [] : [{ index, text, words: wordsOf(text) }];
  });
  LABELS.set(featureset, labels);
  return labels;
}

function nearestLabel(words: ReadonlySet<string>, labels: readonly Label[]): Label | undefined {
  let [best, most]: [Label | undefined, number] = [undefined, 0];
  for (const label of labels) {
    const shared = words.intersection(label.words).size;
    const alike = shared / (words.size + label.words.size - shared);
    if (alike >= MIN_ALIKE && alike > most) [best, most] = [label, alike];
  }
  return best;
}

function wordsOf(text: string): ReadonlySet<string> {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  return new Set(words.map((word) => word.slice(0, WORD_BEGINNING)));
}
