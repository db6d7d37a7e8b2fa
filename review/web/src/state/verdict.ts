import { batch } from '@preact/signals';
import type { Judgement, Review } from '../../../wire.ts';
import { ApiError, fetchExchange, messageOf, NOT_FOUND, postReview } from './api.ts';
import { exchange, forget } from './detail.ts';
import { draftOf, dropDraft, setDraft } from './drafts.ts';
import { applyReview } from './list.ts';
import { type Said, saveOf, setSave, settleSave } from './saves.ts';
import { signature } from './signature.ts';
import { loadSummary } from './summary.ts';
import { later, noteReview } from './told.ts';

const OVERTAKEN = 409;

/** Records what the person makes of the open exchange, or takes it back with null. What somebody else said meanwhile is
 *  shown and not overridden. */
export async function judge(judgement: Judgement | null): Promise<void> {
  const shown = exchange.value;
  // What no rule flagged has no form: a verdict on it would be one that nobody sees.
  if (shown === null || shown.level === null || saveOf(shown.exchangeId)?.state === 'saving') return;
  const { exchangeId, review } = shown;
  const comment = draftOf(exchangeId) ?? review?.comment ?? '';
  const name = signature.value.trim();
  const said = { judgement, comment: judgement === null ? '' : comment, seen: review?.reviewedAt ?? null };
  setSave(exchangeId, { state: 'saving' });
  try {
    const answer = await postReview(exchangeId, name === '' ? said : { ...said, reviewer: name });
    batch(() => {
      receiveReview(exchangeId, answer.review);
      if (judgement !== null) dropDraft(exchangeId, comment);
      // What was written stays in the field of who takes the verdict back.
      else if (comment !== '') setDraft(exchangeId, comment);
      setSave(exchangeId, null);
    });
    void loadSummary();
  } catch (error) {
    await seeWhatStands(exchangeId, said, error);
  }
}

/** Shows a review that was saved, or taken back, here or elsewhere. */
export function receiveReview(exchangeId: string, review: Review | null): void {
  noteReview(exchangeId, review);
  applyReview(exchangeId, review);
  settleSave(exchangeId, review);
  const shown = exchange.value;
  if (shown?.exchangeId === exchangeId) exchange.value = { ...shown, review: later(shown.review, review) };
}

/** What stands is asked for where it may be another review than the one that is shown: somebody else's, whose event may be
 *  lost, or this one, of which only the answer was. */
async function seeWhatStands(exchangeId: string, said: Said, error: unknown): Promise<void> {
  const status = error instanceof ApiError ? error.status : 0;
  if (status === NOT_FOUND) return forget(exchangeId, messageOf(error));
  const isRefused = status >= 400 && status < 500 && status !== OVERTAKEN;
  const standing = isRefused ? null : await fetchExchange(exchangeId).catch(() => null);
  batch(() => {
    setSave(exchangeId, { state: 'failed', error: messageOf(error), said });
    if (standing !== null) receiveReview(exchangeId, standing.review);
  });
  if (saveOf(exchangeId) === undefined) void loadSummary();
}
