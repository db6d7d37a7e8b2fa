import { useSignalEffect } from '@preact/signals';
import { memo } from 'preact/compat';
import { useRef } from 'preact/hooks';
import { pointedToken } from '../state/pointer.ts';
import type { Piece, ShadedText } from '../text/pieces.ts';
import { TokenTip } from './token-tip.tsx';

interface TokenTextProps {
  readonly segmentId: string;
  readonly shaded: ShadedText;
  readonly values: readonly number[];
  readonly threshold: number;
}

/** Text with its tokens shaded; pointing at one, or walking to it with the arrow keys, tells its value. */
export function TokenText({ segmentId, shaded, values, threshold }: TokenTextProps) {
  const root = useRef<HTMLDivElement>(null);
  useSignalEffect(() => {
    const { segmentId: pointedSegment, index } = pointedToken.value ?? {};
    root.current?.querySelector('.is-pointed')?.classList.remove('is-pointed');
    if (pointedSegment === segmentId)
      root.current?.querySelector(`[data-i="${index}"]`)?.classList.add('is-pointed');
  });
  const point = (event: Event) => {
    const index = (event.target as Element).closest('[data-i]')?.getAttribute('data-i');
    pointedToken.value = typeof index === 'string' ? { segmentId, index: Number(index) } : null;
  };
  const leave = () => {
    pointedToken.value = null;
  };
  return (
    <div class="token-text" ref={root}>
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset is for form fields, these are words */}
      <div
        class="segment-text"
        role="group"
        dir="auto"
        aria-label="Text with shaded tokens; arrow keys walk them"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the entry to the tokens, which the arrow keys walk
        tabIndex={0}
        onPointerOver={point}
        onPointerLeave={leave}
        onFocusIn={point}
        onFocusOut={leave}
        onKeyDown={walk}
      >
        <Shades shaded={shaded} />
      </div>
      <TokenTip {...{ root, segmentId, values, threshold }} />
    </div>
  );
}

const Shades = memo(function Shades({ shaded }: { shaded: ShadedText }) {
  return (
    <>
      {shaded.before.map(renderPiece)}
      <mark>{shaded.marked.map(renderPiece)}</mark>
      {shaded.after.map(renderPiece)}
    </>
  );
});

function renderPiece(piece: Piece) {
  if (typeof piece === 'string') return piece;
  return (
    <span key={piece.index} class={`h${piece.heat}`} data-i={piece.index} tabIndex={-1}>
      {piece.text}
    </span>
  );
}

function walk(event: KeyboardEvent): void {
  const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
  if (step === 0) return;
  const text = event.currentTarget as Element;
  const by = getComputedStyle(text).direction === 'rtl' ? -step : step;
  const tokens = [...text.querySelectorAll<HTMLElement>('[data-i]')];
  const at = tokens.indexOf(document.activeElement as HTMLElement);
  tokens[Math.max(0, Math.min(tokens.length - 1, at + by))]?.focus();
  event.preventDefault();
}
