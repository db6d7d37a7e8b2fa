import { useSignalEffect } from '@preact/signals';
import type { RefObject } from 'preact';
import { useRef } from 'preact/hooks';
import { pointedToken } from '../state/pointer.ts';
import { figure, signedFigure } from '../text/wording.ts';

interface TokenTipProps {
  readonly root: RefObject<HTMLElement | null>;
  readonly segmentId: string;
  readonly values: readonly number[];
  readonly threshold: number;
}

/** The value of the token that is pointed at, against the threshold, beside the token. */
export function TokenTip({ root, segmentId, values, threshold }: TokenTipProps) {
  const tip = useRef<HTMLParagraphElement>(null);
  const pointed = pointedToken.value?.segmentId === segmentId ? pointedToken.value.index : null;
  useSignalEffect(() => {
    const { segmentId: pointedSegment, index } = pointedToken.value ?? {};
    const token = root.current?.querySelector<HTMLElement>(`[data-i="${index}"]`);
    if (pointedSegment === segmentId && token && tip.current) place(tip.current, token);
  });
  const value = pointed === null ? undefined : values[pointed];
  return (
    <p class={`tip ${value === undefined ? '' : 'is-shown'}`} ref={tip} role="status">
      {value !== undefined && (
        <>
          <b>{figure(value)}</b> against {figure(threshold)}{' '}
          <span class={value >= threshold ? 'is-above' : ''}>{signedFigure(value - threshold)}</span>
        </>
      )}
    </p>
  );
}

/** Through the style object, which the Content-Security-Policy leaves to scripts, unlike style attributes. */
function place(tip: HTMLElement, token: HTMLElement): void {
  const roomPx = (tip.parentElement?.clientWidth ?? 0) - 190;
  tip.style.left = `${Math.max(0, Math.min(roomPx, token.offsetLeft))}px`;
  tip.style.top = `${token.offsetTop}px`;
}
