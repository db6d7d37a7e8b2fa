import { useEffect, useRef } from 'preact/hooks';
import type {
  ConditionView,
  DisguiseView,
  ExchangeView,
  FindingView,
  PartView,
  SegmentView,
} from '../../../wire.ts';
import { selection } from '../state/detail.ts';
import { SegmentCard } from './segment-card.tsx';

/** Where a finding stands in a segment. */
export type Place = Pick<PartView, 'firstToken' | 'lastToken' | 'span' | 'isDisguised'>;

/** What shades a segment: a condition of a finding and its place there. Tokens of a disguised text have no value that gave
 *  it away. */
export interface Shading {
  readonly condition: ConditionView;
  readonly values: readonly number[];
  readonly place: Place;
  /** What a disguised text reads, where the finding shows it. */
  readonly disguise: DisguiseView | null;
}

/** The segments of the exchange in their order; the one that the chosen finding is about, or the chosen part of it, is
 *  scrolled to. */
export function Conversation({ view }: { view: ExchangeView }) {
  const root = useRef<HTMLElement>(null);
  const chosen = selection.value;
  const segmentId = chosenSegment(view);
  useEffect(() => {
    const card = root.current?.querySelector(`[data-segment="${CSS.escape(segmentId)}"]`);
    const target = card?.querySelector('mark [data-i]') ?? card?.querySelector('mark') ?? card;
    if (target && !isInView(target)) target.scrollIntoView({ block: 'center', inline: 'nearest' });
  }, [chosen, segmentId]);
  return (
    <section class="conversation" aria-label="Conversation" ref={root}>
      {view.segments.map((segment) => (
        <SegmentCard
          key={segment.segmentId}
          exchangeId={view.exchangeId}
          segment={segment}
          shading={shadingOf(view, segment)}
          coverage={view.coverage.find(({ segmentId }) => segmentId === segment.segmentId) ?? null}
        />
      ))}
    </section>
  );
}

function chosenSegment({ findings }: ExchangeView): string {
  const { finding, part } = selection.value;
  const chosen = findings[finding];
  const segment = part === null ? chosen : chosen?.parts?.strongest[part];
  return segment?.segmentId ?? '';
}

function isInView(element: Element): boolean {
  const { top, bottom, left, right } = element.getBoundingClientRect();
  // Where the page is narrow the verdict is a bar over its foot.
  const verdict = document.querySelector('.review')?.getBoundingClientRect();
  const isBelow = verdict !== undefined && verdict.left < right && verdict.right > left;
  return top > 0 && bottom < (isBelow ? verdict.top : window.innerHeight);
}

/** The chosen finding shades the segments that it is made of; others are shaded by the first finding in them. */
function shadingOf(view: ExchangeView, segment: SegmentView): Shading | null {
  const { finding: chosenIndex, condition: chosenCondition } = selection.value;
  const chosen = view.findings[chosenIndex];
  const isIn = (found: FindingView) => placeIn(found, segment.segmentId) !== null;
  const isChosen = chosen !== undefined && isIn(chosen);
  const finding = isChosen ? chosen : view.findings.find(isIn);
  const place = finding === undefined ? null : placeIn(finding, segment.segmentId);
  if (finding === undefined || place === null) return null;
  const disguise = finding.segmentId === segment.segmentId ? finding.disguise : null;
  const wanted = isChosen ? finding.conditions[chosenCondition] : undefined;
  for (const condition of wanted === undefined ? finding.conditions : [wanted, ...finding.conditions]) {
    const values = place.isDisguised ? [] : segment.signals[condition.signal];
    if (values !== undefined) return { condition, values, place, disguise };
  }
  return null;
}

/** null where a finding has nothing to do with a segment. */
function placeIn(finding: FindingView, segmentId: string): Place | null {
  if (finding.segmentId === segmentId) return { ...finding, isDisguised: finding.disguise !== null };
  return finding.parts?.strongest.find((part) => part.segmentId === segmentId) ?? null;
}
