import { useEffect, useRef } from 'preact/hooks';
import type { ConditionView, ExchangeView, FindingView, SegmentView } from '../../../wire.ts';
import { selection } from '../state/detail.ts';
import { SegmentCard } from './segment-card.tsx';

/** What shades a segment: a condition of a finding and the finding's span. Tokens of a disguised text have no value that
 *  gave it away. */
export interface Shading {
  readonly finding: FindingView;
  readonly condition: ConditionView;
  readonly values: readonly number[];
}

/** The segments of the exchange in their order; the one that the chosen finding is about is scrolled to. */
export function Conversation({ view }: { view: ExchangeView }) {
  const root = useRef<HTMLElement>(null);
  const chosen = view.findings[selection.value.finding];
  useEffect(() => {
    const card = root.current?.querySelector(`[data-segment="${CSS.escape(chosen?.segmentId ?? '')}"]`);
    const target = card?.querySelector('mark [data-i]') ?? card;
    if (target && !isInView(target)) target.scrollIntoView({ block: 'center', inline: 'nearest' });
  }, [chosen]);
  return (
    <section class="conversation" aria-label="Conversation" ref={root}>
      {view.segments.map((segment) => (
        <SegmentCard
          key={segment.segmentId}
          exchangeId={view.exchangeId}
          segment={segment}
          shading={shadingOf(view, segment)}
        />
      ))}
    </section>
  );
}

function isInView(element: Element): boolean {
  const { top, bottom } = element.getBoundingClientRect();
  return top > 0 && bottom < window.innerHeight;
}

/** The chosen finding shades its own segment; other flagged segments are shaded by their first finding. */
function shadingOf(view: ExchangeView, segment: SegmentView): Shading | null {
  const { finding: chosenIndex, condition: chosenCondition } = selection.value;
  const chosen = view.findings[chosenIndex];
  const isChosen = chosen?.segmentId === segment.segmentId;
  const finding = isChosen ? chosen : view.findings.find((found) => found.segmentId === segment.segmentId);
  if (finding === undefined) return null;
  const wanted = isChosen ? finding.conditions[chosenCondition] : undefined;
  for (const condition of wanted === undefined ? finding.conditions : [wanted, ...finding.conditions]) {
    const values = finding.disguise === null ? segment.signals[condition.signal] : [];
    if (values !== undefined) return { finding, condition, values };
  }
  return null;
}
