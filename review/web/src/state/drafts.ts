import { effect, signal } from '@preact/signals';

const KEY = 'telltale.drafts';

/** Comments that were typed and not saved yet, by exchange: going elsewhere, what others say meanwhile and a reload leave
 *  them; they end with the tab. */
const drafts = signal<ReadonlyMap<string, string>>(readDrafts());

/** Keeps what is typed from now on. */
export function keepDrafts(): void {
  effect(() => {
    const kept = [...drafts.value];
    try {
      if (kept.length === 0) sessionStorage.removeItem(KEY);
      else sessionStorage.setItem(KEY, JSON.stringify(kept));
    } catch {
      // Without room for it a draft lasts until the page is left.
    }
  });
}

function readDrafts(): ReadonlyMap<string, string> {
  try {
    return new Map(JSON.parse(sessionStorage.getItem(KEY) ?? '[]') as [string, string][]);
  } catch {
    return new Map();
  }
}

export const draftOf = (exchangeId: string): string | undefined => drafts.value.get(exchangeId);

export function setDraft(exchangeId: string, text: string): void {
  drafts.value = new Map(drafts.value).set(exchangeId, text);
}

/** Forgets a draft that was saved as it stands. */
export function dropDraft(exchangeId: string, saved: string): void {
  if (draftOf(exchangeId) === saved) discardDraft(exchangeId);
}

/** Forgets a draft whatever it says. */
export function discardDraft(exchangeId: string): void {
  const left = new Map(drafts.value);
  left.delete(exchangeId);
  drafts.value = left;
}
