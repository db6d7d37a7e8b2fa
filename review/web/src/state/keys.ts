import { signal } from '@preact/signals';
import type { Judgement } from '../../../wire.ts';
import { exchange, judge } from './detail.ts';
import { items } from './list.ts';
import { open, openId } from './route.ts';
import { toggleText } from './veil.ts';

/** Whether the list of keys is shown. */
export const isHelpOpen = signal(false);

/** What has been typed beside the verdict; read when a verdict is given by key. */
export const comment = signal('');

const JUDGEMENT_KEYS: Record<string, Judgement> = { '1': 'correct', '2': 'false_alarm', '3': 'unsure' };

/** Handles the page's keys from now on; keys with modifiers and keys typed into fields are left alone. */
export function startKeys(): void {
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const isTyping = (event.target as Element).closest('input, textarea, select') !== null;
    if (isTyping && event.key === 'Escape') (event.target as HTMLElement).blur();
    else if (!isTyping && press(event.key)) event.preventDefault();
  });
}

function press(key: string): boolean {
  const judgement = JUDGEMENT_KEYS[key];
  if (judgement !== undefined && exchange.value !== null) void judge(judgement, comment.value);
  else if (key === 'j') step(1);
  else if (key === 'k') step(-1);
  else if (key === 'b') toggleText();
  else if (key === 'c') document.getElementById('review-comment')?.focus();
  else if (key === '?') isHelpOpen.value = !isHelpOpen.value;
  else if (key === 'Escape') return close();
  else return false;
  return true;
}

/** Moves the open exchange, or the focus in the list while none is open. */
function step(by: 1 | -1): void {
  const ids = items.value.map((item) => item.exchangeId);
  const focused = document.activeElement?.closest('[data-exchange]')?.getAttribute('data-exchange');
  const from = ids.indexOf(openId.value ?? focused ?? '');
  const next = ids[from === -1 ? 0 : Math.max(0, Math.min(ids.length - 1, from + by))];
  if (next === undefined) return;
  if (openId.value !== null) open(next);
  const row = document.querySelector<HTMLElement>(`[data-exchange="${CSS.escape(next)}"] a`);
  row?.focus({ preventScroll: true });
  row?.scrollIntoView({ block: 'nearest' });
}

function close(): boolean {
  if (isHelpOpen.value) isHelpOpen.value = false;
  else if (openId.value !== null) closeDetail();
  else return false;
  return true;
}

/** Back to the list, with the focus on the row one came from. */
export function closeDetail(): void {
  const id = openId.value ?? '';
  open(null);
  requestAnimationFrame(() =>
    document.querySelector<HTMLElement>(`[data-exchange="${CSS.escape(id)}"] a`)?.focus(),
  );
}
