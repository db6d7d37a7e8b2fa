import { joinedRefOf, type RuleSet, type SegmentRef } from '../../rules/index.ts';
import type { Range } from '../reading/json-source.ts';
import { mergeRanges } from '../redaction/redact-text.ts';
import type { SegmentScan } from './segment-scan.ts';

/** What a caller cuts into several parts of one message, and the model behind reads as one: each list of parts is read
 *  once more, as one text beside its parts. */
export interface JoinedParts {
  /** Begins to read lists of which these texts are all. Each is begun once. */
  begin(complete: readonly SegmentScan[]): readonly SegmentScan[];
  /** These texts, and behind the last part of each list the list. */
  among(segments: readonly SegmentScan[]): readonly SegmentScan[];
  /** Tells what is taken out of a text alone and of the list that it is a part of, as things stand. */
  redactionsNow(): (segment: SegmentScan) => readonly Range[];
}

interface List {
  readonly ref: SegmentRef;
  readonly parts: SegmentScan[];
}

/** Where a part stands in the text of its list. */
interface Placed extends Range {
  readonly list: SegmentScan;
  readonly isLast: boolean;
}

export function createJoinedParts(
  ruleSet: Pick<RuleSet, 'signalsFor'>,
  open: (ref: SegmentRef) => SegmentScan,
): JoinedParts {
  const placed = new Map<string, Placed>();

  function join({ ref, parts }: List): SegmentScan {
    const list = open(ref);
    let start = 0;
    for (const part of parts) {
      const end = start + part.text().length;
      placed.set(part.ref.id, { list, start, end, isLast: part === parts.at(-1) });
      start = end;
    }
    // Nothing in between: so a word in two parts is one, and a text is itself wherever it is cut.
    list.push(parts.map((part) => part.text()).join(''));
    return list;
  }

  return {
    begin(complete) {
      const lists = listsOf(complete.filter(({ ref }) => !placed.has(ref.id)));
      return lists.filter(({ ref, parts }) => parts.length > 1 && isRead(ref, ruleSet)).map(join);
    },
    among: (segments) =>
      placed.size === 0
        ? segments
        : segments.flatMap((segment) => {
            const at = placed.get(segment.ref.id);
            return at?.isLast === true ? [segment, at.list] : [segment];
          }),
    redactionsNow() {
      const ofLists = new Map<SegmentScan, readonly Range[]>();
      return (segment) => {
        const at = placed.get(segment.ref.id);
        const own = segment.redactions();
        if (at === undefined) return own;
        const ofList = ofLists.get(at.list) ?? at.list.redactions();
        ofLists.set(at.list, ofList);
        return mergeRanges([...own, ...within(at, ofList)]);
      };
    },
  };
}

function listsOf(segments: readonly SegmentScan[]): readonly List[] {
  const lists = new Map<string, List>();
  for (const segment of segments) {
    const ref = joinedRefOf(segment.ref);
    if (ref === null || segment.text() === '') continue;
    const list = lists.get(ref.id) ?? { ref, parts: [] };
    lists.set(ref.id, list);
    list.parts.push(segment);
  }
  return [...lists.values()];
}

function isRead({ target }: SegmentRef, ruleSet: Pick<RuleSet, 'signalsFor'>): boolean {
  return ruleSet.signalsFor(target).length > 0;
}

/** What of these ranges of a list's text, merged and in order, lies in a part, from where that begins. */
function within({ start: from, end: to }: Range, ranges: readonly Range[]): Range[] {
  const inside: Range[] = [];
  for (let i = firstBehind(from, ranges); i < ranges.length; i += 1) {
    const { start, end } = ranges[i] as Range;
    if (start >= to) break;
    inside.push({ start: Math.max(start, from) - from, end: Math.min(end, to) - from });
  }
  return inside;
}

/** The first of these ranges that ends behind a place, by bisection. */
function firstBehind(place: number, ranges: readonly Range[]): number {
  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ranges[middle] as Range).end > place) high = middle;
    else low = middle + 1;
  }
  return low;
}
