import { batch, computed, signal } from '@preact/signals';
import type { Judgement, Review } from '../../../wire.ts';
import { ApiError, fetchExchange, messageOf, postReview } from './api.ts';
import { exchange } from './detail.ts';
import { draftOf, dropDraft, setDraft } from './drafts.ts';
import { applyReview } from './list.ts';
import { openId } from './route.ts';
import { signature } from './signature.ts';
import { loadSummary } from './summary.ts';

/** What becomes of a verdict that is on its way, or did not arrive. */
type Save = { readonly state: 'saving' } | { readonly state: 'failed'; readonly error: string };

const OVERTAKEN = 409;

/** By exchange, so that who goes on to the next one while a slow server saves loses neither verdict. */
const saves = signal<ReadonlyMap<string, Save>>(new Map());

/** undefined where what was saved is what stands. */
export const saveOf = (exchangeId: string): Save | undefined => saves.value.get(exchangeId);

/** The exchanges whose verdict did not arrive, beside the open one, whose form says it. */
export const unsaved = computed<readonly string[]>(() =>
  [...saves.value].flatMap(([id, { state }]) => (state === 'failed' && id !== openId.value ? [id] : [])),
);

function setSave(exchangeId: string, save: Save | null): void {
  const next = new Map(saves.value);
  if (save === null) next.delete(exchangeId);
  else next.set(exchangeId, save);
  saves.value = next;
}

/** Records what the person makes of the open exchange, or takes it back with null. What somebody else said meanwhile is
 *  shown and not overridden. */
export async function judge(judgement: Judgement | null): Promise<void> {
  const shown = exchange.value;
  // What no rule flagged has no form: a verdict on it would be one that nobody sees.
  if (shown === null || shown.level === null || saveOf(shown.exchangeId)?.state === 'saving') return;
  const { exchangeId, review } = shown;
  const comment = draftOf(exchangeId) ?? review?.comment ?? '';
  const name = signature.value.trim();
  setSave(exchangeId, { state: 'saving' });
  try {
    const said = { judgement, comment: judgement === null ? '' : comment, seen: review?.reviewedAt ?? null };
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
    if (error instanceof ApiError && error.status === OVERTAKEN) await showStanding(exchangeId);
    setSave(exchangeId, { state: 'failed', error: messageOf(error) });
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
