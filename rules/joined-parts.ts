import type { Finding, SegmentRef } from './types.ts';

/** What the id of a list of parts begins with; that of a text goes on with its pointer's slash. */
const JOINED = 'request#';

/** Lists whose texts a model reads as one, by the key that holds them, and the keys of a part that such a text stands under. */
const LIST_OF_TEXTS =
  /^(.*\/(?:content|parts|output|summary|system|prompt|instructions))\/\d+\/(?:text|refusal|thinking)$/s;

/** Where a text of a request is read once more, together with the texts of the other parts of its list (of a message's
 *  content, of a system prompt): a place at the list, shared by all of one target in it. Null where the text is no part
 *  of such a list. */
export function joinedRefOf(ref: SegmentRef): SegmentRef | null {
  const { id, pointer, target } = ref;
  if (id !== `request${pointer}`) return null;
  const list = LIST_OF_TEXTS.exec(pointer)?.[1];
  return list === undefined ? null : { ...ref, id: `${JOINED}${target}${list}`, pointer: list };
}

/** Whether a segment is a list of parts that are read together. */
export function isJoined({ id }: SegmentRef): boolean {
  return id.startsWith(JOINED);
}

/** Findings of segments, where a rule that fired on a part alone is not told again of all parts together. Pure, so that
 *  gateway and replay tell alike. */
export function toldOnce(findings: readonly Finding[]): readonly Finding[] {
  if (!findings.some(({ segment }) => isJoined(segment))) return findings;
  const told = new Set(findings.map(({ segment, ruleId }) => `${ruleId} ${joinedRefOf(segment)?.id ?? ''}`));
  return findings.filter(({ segment, ruleId }) => !isJoined(segment) || !told.has(`${ruleId} ${segment.id}`));
}
