import { batch, computed, effect, signal } from '@preact/signals';
import type { ExchangeView, FindingView } from '../../../wire.ts';
import { ApiError, fetchExchange, messageOf, NOT_FOUND } from './api.ts';
import { discardDraft } from './drafts.ts';
import { markSeen, remove } from './list.ts';
import { openId } from './route.ts';
import { setSave, settleSave } from './saves.ts';
import { startReading } from './told.ts';

/** The open exchange once it is loaded. */
export const exchange = signal<ExchangeView | null>(null);
/** Why it could not be loaded; null while nothing is wrong. */
export const detailError = signal<{ readonly message: string; readonly isGone: boolean } | null>(null);

/** What shades the text: a finding, one of its conditions, and of a finding over the whole exchange the part that was asked
 *  for. Another object with each choice: who chooses the same again is led there again. */
interface Selection {
  readonly finding: number;
  readonly condition: number;
  /** Index among the parts; null for the place of the finding itself. */
  readonly part: number | null;
}

const FIRST: Selection = { finding: 0, condition: 0, part: null };

export const selection = signal(FIRST);

export function choose(chosen: Pick<Selection, 'finding'> & Partial<Selection>): void {
  selection.value = { ...FIRST, ...chosen };
}

export const selectedFinding = computed<FindingView | null>(
  () => exchange.value?.findings[selection.value.finding] ?? null,
);

/** Keeps the loaded exchange at what the address names. */
export function followOpenId(): void {
  effect(() => {
    const id = openId.value;
    batch(() => {
      detailError.value = null;
      selection.value = FIRST;
      // What is not in sight is not judged: a key may be pressed before the next one is there.
      if (exchange.peek()?.exchangeId !== id) exchange.value = null;
    });
    if (id !== null) void load(id);
  });
}

let loads = 0;
/** The load whose outcome is shown: an answer to one that was asked before it comes too late. */
let shownLoad = 0;

async function load(id: string): Promise<void> {
  loads += 1;
  const turn = loads;
  const isLate = () => openId.value !== id || turn < shownLoad;
  const reading = startReading();
  try {
    const view = await fetchExchange(id);
    if (isLate()) return;
    shownLoad = turn;
    const review = reading.standing(id, view.review);
    batch(() => {
      exchange.value = { ...view, review };
      detailError.value = null;
      settleSave(id, review);
    });
    markSeen(id);
  } catch (error) {
    if (isLate()) return;
    shownLoad = turn;
    if (error instanceof ApiError && error.status === NOT_FOUND) return forget(id, messageOf(error));
    // What is shown stays: a server that is gone for a moment does not take the text from who reads it.
    if (exchange.value?.exchangeId !== id) exchange.value = null;
    detailError.value = { message: messageOf(error), isGone: false };
  } finally {
    reading.end();
  }
}

/** Takes from the page what is no longer in the store: its text, its row and what was written to it.
 *  @param message - what the server said of it */
export function forget(exchangeId: string, message: string): void {
  batch(() => {
    remove(exchangeId);
    discardDraft(exchangeId);
    setSave(exchangeId, null);
    if (openId.value !== exchangeId) return;
    exchange.value = null;
    detailError.value = { message, isGone: true };
  });
}

/** Reads the open exchange again: what happened to it while nobody listened is not told. */
export function refreshDetail(): void {
  const id = openId.value;
  if (id !== null) void load(id);
}
