import { batch, computed, effect, signal } from '@preact/signals';
import type { ExchangeView, FindingView } from '../../../wire.ts';
import { ApiError, fetchExchange, messageOf } from './api.ts';
import { markSeen } from './list.ts';
import { openId } from './route.ts';

/** The open exchange once it is loaded. */
export const exchange = signal<ExchangeView | null>(null);
/** Why it could not be loaded; null while nothing is wrong. */
export const detailError = signal<{ readonly message: string; readonly isGone: boolean } | null>(null);

const NOT_FOUND = 404;

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

async function load(id: string): Promise<void> {
  try {
    const view = await fetchExchange(id);
    if (openId.value !== id) return;
    batch(() => {
      exchange.value = view;
      detailError.value = null;
    });
    markSeen(id);
  } catch (error) {
    if (openId.value !== id) return;
    // What is shown stays: a server that is gone for a moment does not take the text from who reads it.
    if (exchange.value?.exchangeId !== id) exchange.value = null;
    const isGone = error instanceof ApiError && error.status === NOT_FOUND;
    detailError.value = { message: messageOf(error), isGone };
  }
}

/** Reads the open exchange again: what happened to it while nobody listened is not told. */
export function refreshDetail(): void {
  const id = openId.value;
  if (id !== null) void load(id);
}
