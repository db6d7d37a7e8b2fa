import { signal } from '@preact/signals';
import { hasMore, items, listSettled, listState, loadMore } from './list.ts';
import { open, openId } from './route.ts';

/** Moves the open exchange, or the focus in the list while none is open; past the last one that is loaded the next ones
 *  are. */
export async function step(by: 1 | -1): Promise<void> {
  nothingLeft.value = null;
  if (items.value.length === 0) await listSettled();
  const isAtEnd = () => place() !== -1 && place() + by >= items.value.length;
  // Once is not enough where the list was being read anew already.
  while (isAtEnd() && hasMore()) {
    await loadMore();
    if (listState.value === 'failed') return;
  }
  const from = place();
  const next = items.value[from === -1 ? 0 : Math.max(0, Math.min(items.value.length - 1, from + by))];
  if (next === undefined) return;
  if (openId.value !== null) open(next.exchangeId);
  focusRow(next.exchangeId);
}

/** Where nothing was left to review: below which exchange, or with none open, and what stood on top then. */
const nothingLeft = signal<{ readonly below: string | null; readonly top: string | undefined } | null>(null);

/** Whether that is known of what lies below an exchange; null for who has none open. */
export const isNothingLeft = (exchangeId: string | null): boolean =>
  nothingLeft.value?.below === exchangeId && nothingLeft.value.top === items.value[0]?.exchangeId;

/** Opens the next exchange below that nobody has reviewed, however far down it is. */
export async function openNextUnreviewed(): Promise<void> {
  await listSettled();
  // The place is looked up each time: what arrives meanwhile stands on top.
  const next = () => {
    const start = place();
    return items.value.find((item, at) => at > start && item.review === null);
  };
  while (next() === undefined && hasMore()) {
    await loadMore();
    if (listState.value === 'failed') return;
  }
  const found = next();
  const top = items.value[0]?.exchangeId;
  nothingLeft.value = found === undefined ? { below: openId.value, top } : null;
  if (found === undefined) return;
  open(found.exchangeId);
  focusRow(found.exchangeId);
}

/** Where in the list the reader is; -1 where nowhere. */
function place(): number {
  const focused = document.activeElement?.closest('[data-exchange]')?.getAttribute('data-exchange');
  const id = openId.value ?? focused ?? '';
  return items.value.findIndex((item) => item.exchangeId === id);
}

/** At once where the row is drawn, so that keys pressed in quick succession find it; else when it is. */
function focusRow(exchangeId: string, tries = 3): void {
  const row = document.querySelector<HTMLElement>(`[data-exchange="${CSS.escape(exchangeId)}"] a`);
  if (row === null) {
    if (tries > 0) requestAnimationFrame(() => focusRow(exchangeId, tries - 1));
    return;
  }
  row.focus({ preventScroll: true });
  row.scrollIntoView({ block: 'nearest' });
}
