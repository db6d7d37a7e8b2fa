import { signal } from '@preact/signals';

const KEY = 'telltale.reviewer';

/** The name that this browser's verdicts are given under; empty for the server's own. */
export const signature = signal(localStorage.getItem(KEY) ?? '');

export function sign(name: string): void {
  signature.value = name;
  if (name.trim() === '') localStorage.removeItem(KEY);
  else localStorage.setItem(KEY, name);
}
