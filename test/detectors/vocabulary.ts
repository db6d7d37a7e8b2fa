import { readFileSync } from 'node:fs';
import { parseVocabulary, type Vocabulary } from '../../detectors/tokenizer/vocabulary.ts';

/** The vocabulary of the embedded featureset. */
export function loadVocabulary(): Vocabulary {
  return parseVocabulary(readFileSync('models/default/tokenizer.bin'));
}
