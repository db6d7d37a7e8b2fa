import type { Role } from '../detectors/index.ts';
import { type CompiledRule, compiledOf } from './compiled.ts';
import { didYouMean } from './nearest.ts';
import { type Bench, readSegment } from './read-segment.ts';
import { recordingText } from './recording.ts';
import { segmentOfText } from './test-segments.ts';
import type { RuleSet } from './types.ts';

export interface ToRecord {
  /** Name or id of a rule, which may be off. */
  readonly rule: string;
  readonly text: string;
  /** Default: the role whose segments the rule's target is. */
  readonly role?: Role;
}

export type RecordResult =
  | { readonly ok: true; readonly recording: string }
  | { readonly ok: false; readonly message: string };

/** Reads a text as it stands and writes down what a rule reads of it, for a test with `activations`. */
export async function recordText(
  bench: Bench,
  { rule: wanted, text, role }: ToRecord,
): Promise<RecordResult> {
  const found = findRule(bench.ruleSet, wanted);
  if ('message' in found) return { ok: false, message: found.message };
  const { rule } = found;
  const read = await readSegment(bench, { rules: [rule], segment: segmentOfText(rule, role), text });
  return { ok: true, recording: recordingText(read.text.activations, bench.detector.featureset) };
}

function findRule(
  ruleSet: RuleSet,
  wanted: string,
): { readonly rule: CompiledRule } | { readonly message: string } {
  const { compiledRules } = compiledOf(ruleSet);
  const rule = compiledRules.find(({ name, id }) => name === wanted || id === wanted);
  if (rule !== undefined) return { rule };
  const names = compiledRules.map(({ name }) => name);
  const meant = didYouMean(wanted, names) || `; known: ${names.join(', ') || 'none'}`;
  return { message: `no rule has the name or id "${wanted}"${meant}` };
}
