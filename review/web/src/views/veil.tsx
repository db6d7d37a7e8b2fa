import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { isShown, show } from '../state/veil.ts';

interface VeilProps {
  /** What is hidden: shown again when asked for by this name, or by the name of the whole. */
  readonly item: string;
  readonly whole?: string;
  readonly label: string;
  readonly children: ComponentChildren;
}

/** Blurs what may offend until it is asked for; the blurred text is kept from pointers and screen readers too. The button goes
 *  when it is pressed, and hands its focus to the text. */
export function Veil({ item, whole, label, children }: VeilProps) {
  const shown = isShown(item) || (whole !== undefined && isShown(whole));
  const content = useRef<HTMLDivElement>(null);
  const isAsked = useRef(false);
  useEffect(() => {
    if (shown && isAsked.current) content.current?.focus({ preventScroll: true });
    isAsked.current = false;
  }, [shown]);
  const ask = () => {
    isAsked.current = true;
    show(item);
  };
  return (
    <div class={shown ? 'veil' : 'veil is-veiled'}>
      <div
        class="veil-content"
        ref={content}
        tabIndex={-1}
        inert={!shown}
        aria-hidden={shown ? undefined : 'true'}
      >
        {children}
      </div>
      {!shown && (
        <button type="button" class="veil-button" onClick={ask}>
          <span>{label}</span>
        </button>
      )}
    </div>
  );
}
