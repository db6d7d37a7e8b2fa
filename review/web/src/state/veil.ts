import { signal } from '@preact/signals';

const KEY = 'telltale.text-shown';

/** Whether all text is shown; remembered until the tab closes. */
export const isTextShown = signal(sessionStorage.getItem(KEY) === 'yes');

const shownItems = signal<ReadonlySet<string>>(new Set());

export function toggleText(): void {
  isTextShown.value = !isTextShown.value;
  shownItems.value = new Set();
  if (isTextShown.value) sessionStorage.setItem(KEY, 'yes');
  else sessionStorage.removeItem(KEY);
}

/** Whether this item's text may be read: all is shown, or this one was asked for. */
export const isShown = (item: string): boolean => isTextShown.value || shownItems.value.has(item);

export function show(item: string): void {
  shownItems.value = new Set([...shownItems.value, item]);
}
