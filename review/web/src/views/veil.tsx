import type { ComponentChildren } from 'preact';
import { isShown, show } from '../state/veil.ts';

interface VeilProps {
  /** What is hidden: shown again when asked for by this name, or by the name of the whole. */
  readonly item: string;
  readonly whole?: string;
  readonly label: string;
  readonly children: ComponentChildren;
}

/** Blurs what may offend until it is asked for; the blurred text is kept from pointers and screen readers too. */
export function Veil({ item, whole, label, children }: VeilProps) {
  const shown = isShown(item) || (whole !== undefined && isShown(whole));
  return (
    <div class={shown ? 'veil' : 'veil is-veiled'}>
      <div class="veil-content" inert={!shown} aria-hidden={shown ? undefined : 'true'}>
        {children}
      </div>
      {!shown && (
        <button type="button" class="veil-button" onClick={() => show(item)}>
          <span>{label}</span>
        </button>
      )}
    </div>
  );
}
