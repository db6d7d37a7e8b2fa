import { signal } from '@preact/signals';

/** Comments that were typed and not saved yet, by exchange: going elsewhere and what others say meanwhile leave them. */
const drafts = signal<ReadonlyMap<string, string>>(new Map());

export const draftOf = (exchangeId: string): string | undefined => drafts.value.get(exchangeId);

export function setDraft(exchangeId: string, text: string): void {
  drafts.value = new Map(drafts.value).set(exchangeId, text);
}

/** Forgets a draft that was saved as it stands. */
export function dropDraft(exchangeId: string, saved: string): void {
  if (draftOf(exchangeId) !== saved) return;
  const left = new Map(drafts.value);
  left.delete(exchangeId);
  drafts.value = left;
}
