import type { ComponentChildren } from 'preact';
import { addressOf, open } from '../state/route.ts';

interface OpenLinkProps {
  readonly exchangeId: string;
  /** Whether it is the open one. */
  readonly isCurrent?: boolean;
  readonly children: ComponentChildren;
}

/** A link that opens an exchange here, and with a modifier in a tab of its own. */
export function OpenLink({ exchangeId, isCurrent = false, children }: OpenLinkProps) {
  return (
    <a
      href={addressOf(exchangeId)}
      aria-current={isCurrent ? 'true' : undefined}
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
