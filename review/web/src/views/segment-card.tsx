import { useSignal } from '@preact/signals';
import { useMemo, useRef } from 'preact/hooks';
import type { CoverageView, SegmentView } from '../../../wire.ts';
import { heatScale } from '../text/heat.ts';
import { shadeText } from '../text/pieces.ts';
import { unscanned } from '../text/unscanned.ts';
import { comparedName, count, roleName, signalName } from '../text/wording.ts';
import type { Shading } from './conversation.tsx';
import { Disguise, MarkedText } from './marked-text.tsx';
import { SignalChart } from './signal-chart.tsx';
import { TokenText } from './token-text.tsx';
import { Veil } from './veil.tsx';

/** Unflagged text longer than this, in UTF-16 units, is folded. */
const FOLD_ABOVE = 600;

const TARGETS: Record<string, string> = { tool_call: 'tool call', tool_result: 'tool result' };

interface SegmentCardProps {
  readonly exchangeId: string;
  readonly segment: SegmentView;
  readonly shading: Shading | null;
  /** Whether it was read, where that is known. */
  readonly coverage: CoverageView | null;
}

/** One segment: who speaks, the text, whether it was read, and where a rule fired the signal over its tokens. */
export function SegmentCard({ exchangeId, segment, shading, coverage }: SegmentCardProps) {
  const isFolded = useSignal(shading === null && segment.text.length > FOLD_ABOVE);
  const card = useRef<HTMLElement>(null);
  // The button goes when it is pressed.
  const unfold = () => {
    isFolded.value = false;
    card.current?.focus({ preventScroll: true });
  };
  const missed = coverage === null ? '' : unscanned(coverage);
  return (
    <section
      class={`segment is-${segment.role} ${shading === null ? '' : 'is-flagged'}`}
      ref={card}
      tabIndex={-1}
      data-segment={segment.segmentId}
      aria-label={`${roleName(segment.role)} segment`}
    >
      <header>
        <h3>{roleName(segment.role)}</h3>
        {TARGETS[segment.target] !== undefined && <span class="target">{TARGETS[segment.target]}</span>}
        {shading !== null && <span class="fired">{signalName(shading.condition.signal)}</span>}
        {missed !== '' && <span class="missed">{missed}</span>}
        <span class="size">{sizeOf(segment, coverage)}</span>
      </header>
      {segment.text !== '' && (
        <Veil item={`${exchangeId}/${segment.segmentId}`} whole={exchangeId} label="Show this text">
          {shading === null ? (
            <p class={`segment-text ${isFolded.value ? 'is-folded' : ''}`} dir="auto">
              {segment.text}
            </p>
          ) : (
            <Flagged segment={segment} shading={shading} />
          )}
        </Veil>
      )}
      {isFolded.value && (
        <button type="button" class="quiet" onClick={unfold}>
          Show all of it
        </button>
      )}
      {shading?.place.isDisguised === false && <Chart segment={segment} shading={shading} />}
    </section>
  );
}

/** What is no text has no tokens. */
function sizeOf({ text, tokens }: SegmentView, coverage: CoverageView | null): string {
  if (text === '' && coverage !== null) return `${count(coverage.bytes)} B`;
  return tokens.length === 1 ? '1 token' : `${count(tokens.length)} tokens`;
}

function Flagged({ segment, shading }: { segment: SegmentView; shading: Shading }) {
  const { place, disguise } = shading;
  if (!place.isDisguised) return <Shaded segment={segment} shading={shading} />;
  return (
    <>
      <MarkedText text={segment.text} span={place.span} />
      {disguise !== null && <Disguise disguise={disguise} />}
    </>
  );
}

function Shaded({
  segment,
  shading: { place, condition, values },
}: {
  segment: SegmentView;
  shading: Shading;
}) {
  const { text, tokens, segmentId } = segment;
  const { threshold } = condition;
  const { start, end } = place.span;
  const shaded = useMemo(
    () => shadeText({ text, tokens, values, scale: heatScale(values, threshold), span: { start, end } }),
    [text, tokens, values, threshold, start, end],
  );
  return <TokenText {...{ segmentId, shaded, values, threshold }} />;
}

function Chart({
  segment,
  shading: { place, condition, values },
}: {
  segment: SegmentView;
  shading: Shading;
}) {
  const name = signalName(condition.signal);
  return (
    <figure class="chart">
      <SignalChart
        segmentId={segment.segmentId}
        name={name}
        values={values}
        threshold={condition.threshold}
        firstToken={place.firstToken}
        lastToken={place.lastToken}
      />
      <figcaption>
        {name} per token; the rule compares the {comparedName(condition)}.
      </figcaption>
    </figure>
  );
}
