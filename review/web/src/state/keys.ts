import { signal } from '@preact/signals';
import type { Judgement } from '../../../wire.ts';
import { exchange } from './detail.ts';
import { open, openId } from './route.ts';
import { toggleText } from './veil.ts';
import { judge } from './verdict.ts';
import { openNextUnreviewed, step } from './walk.ts';

/** Whether the list of keys is shown. */
export const isHelpOpen = signal(false);

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
  // Nothing behind the list of keys is meant.
  if (isHelpOpen.value && key !== '?' && key !== 'Escape') return false;
  const judgement = JUDGEMENT_KEYS[key];
  if (judgement !== undefined && exchange.value !== null) void judge(judgement);
  else if (key === 'u' && exchange.value?.review) void judge(null);
  else if (key === 'j') void step(1);
  else if (key === 'k') void step(-1);
  else if (key === 'n') void openNextUnreviewed();
  else if (key === 'b') toggleText();
  else if (key === 'c') document.getElementById('review-comment')?.focus();
  else if (key === '/') document.getElementById('search')?.focus();
  else if (key === '?') isHelpOpen.value = !isHelpOpen.value;
  else if (key === 'Escape') return close();
  else return false;
  return true;
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
