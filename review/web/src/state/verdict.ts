import { batch, signal } from '@preact/signals';
import type { Judgement, Review } from '../../../wire.ts';
import { ApiError, fetchExchange, messageOf, postReview } from './api.ts';
import { exchange } from './detail.ts';
import { draftOf, dropDraft } from './drafts.ts';
import { applyReview } from './list.ts';
import { signature } from './signature.ts';
import { loadSummary } from './summary.ts';

/** What became of the last verdict, and on which exchange. */
interface SaveState {
  readonly exchangeId: string;
  readonly state: 'saving' | 'done' | 'failed';
  readonly error: string;
}

const NOTHING_SAVED: SaveState = { exchangeId: '', state: 'done', error: '' };
const OVERTAKEN = 409;

export const saveState = signal(NOTHING_SAVED);

/** Records what the person makes of the open exchange, or takes it back with null. What somebody else said meanwhile is
 *  shown and not overridden. */
export async function judge(judgement: Judgement | null): Promise<void> {
  const shown = exchange.value;
  if (shown === null || saveState.value.state === 'saving') return;
  const { exchangeId, review } = shown;
  const comment = draftOf(exchangeId) ?? review?.comment ?? '';
  const name = signature.value.trim();
  saveState.value = { exchangeId, state: 'saving', error: '' };
  try {
    const said = { judgement, comment: judgement === null ? '' : comment, seen: review?.reviewedAt ?? null };
    const answer = await postReview(exchangeId, name === '' ? said : { ...said, reviewer: name });
    batch(() => {
      receiveReview(exchangeId, answer.review);
      if (judgement !== null) dropDraft(exchangeId, comment);
      saveState.value = { exchangeId, state: 'done', error: '' };
    });
    void loadSummary();
  } catch (error) {
    if (error instanceof ApiError && error.status === OVERTAKEN) await showStanding(exchangeId);
    saveState.value = { exchangeId, state: 'failed', error: messageOf(error) };
  }
}

/** Shows a review that was saved, or taken back, here or elsewhere. */
export function receiveReview(exchangeId: string, review: Review | null): void {
  applyReview(exchangeId, review);
  const shown = exchange.value;
  if (shown?.exchangeId === exchangeId) exchange.value = { ...shown, review };
}

/** What stands is asked for: the event that told of it may be lost. */
async function showStanding(exchangeId: string): Promise<void> {
  const standing = await fetchExchange(exchangeId).catch(() => null);
  if (standing !== null) receiveReview(exchangeId, standing.review);
}
