import type { ComponentChildren } from 'preact';
import { addressOf, open, openId } from '../state/route.ts';

/** A link that opens an exchange here, and with a modifier in a tab of its own. */
export function OpenLink({ exchangeId, children }: { exchangeId: string; children: ComponentChildren }) {
  return (
    <a
      href={addressOf(exchangeId)}
      aria-current={openId.value === exchangeId ? 'true' : undefined}
      onClick={(event) => openHere(event, exchangeId)}
    >
      {children}
    </a>
  );
}

function openHere(event: MouseEvent, id: string): void {
  if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  open(id);
}
