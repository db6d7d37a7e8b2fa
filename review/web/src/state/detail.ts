import { batch, computed, effect, signal } from '@preact/signals';
import type { ExchangeView, FindingView, Judgement, Review } from '../../../wire.ts';
import { fetchExchange, messageOf, postReview } from './api.ts';
import { applyReview, markSeen } from './list.ts';
import { openId } from './route.ts';
import { loadSummary } from './summary.ts';

/** The open exchange once it is loaded. */
export const exchange = signal<ExchangeView | null>(null);
export const detailError = signal('');
export const saveState = signal<'idle' | 'saving' | 'saved' | 'failed'>('idle');
export const saveError = signal('');

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
      detailError.value = '';
      saveState.value = 'idle';
      selection.value = FIRST;
      if (id === null) exchange.value = null;
    });
    if (id !== null) void load(id);
  });
}

async function load(id: string): Promise<void> {
  try {
    const view = await fetchExchange(id);
    if (openId.value !== id) return;
    exchange.value = view;
    markSeen(id);
  } catch (error) {
    if (openId.value !== id) return;
    exchange.value = null;
    detailError.value = messageOf(error);
  }
}

/** Records what the person makes of the open exchange. */
export async function judge(judgement: Judgement, comment: string): Promise<void> {
  const id = exchange.value?.exchangeId;
  if (id === undefined || saveState.value === 'saving') return;
  saveState.value = 'saving';
  try {
    const review = await postReview(id, judgement, comment);
    batch(() => {
      receiveReview(id, review);
      if (openId.value === id) saveState.value = 'saved';
    });
    void loadSummary();
  } catch (error) {
    saveError.value = messageOf(error);
    saveState.value = 'failed';
  }
}

/** Shows a review that was saved here or elsewhere. */
export function receiveReview(exchangeId: string, review: Review): void {
  applyReview(exchangeId, review);
  const shown = exchange.value;
  if (shown?.exchangeId === exchangeId) exchange.value = { ...shown, review };
}
