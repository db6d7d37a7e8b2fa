import { computed, signal } from '@preact/signals';
import type { Review, ReviewRequest } from '../../../wire.ts';
import { dropDraft } from './drafts.ts';
import { openId } from './route.ts';

/** What a person said of an exchange. */
export type Said = Required<Pick<ReviewRequest, 'judgement' | 'comment' | 'seen'>>;

/** What becomes of a verdict that is on its way, or did not arrive. */
type Save =
  | { readonly state: 'saving' }
  | { readonly state: 'failed'; readonly error: string; readonly said: Said };

/** By exchange, so that who goes on to the next one while a slow server saves loses neither verdict. */
const saves = signal<ReadonlyMap<string, Save>>(new Map());

/** undefined where what was saved is what stands. */
export const saveOf = (exchangeId: string): Save | undefined => saves.value.get(exchangeId);

/** The exchanges whose verdict did not arrive, beside the open one, whose form says it. */
export const unsaved = computed<readonly string[]>(() =>
  [...saves.value].flatMap(([id, { state }]) => (state === 'failed' && id !== openId.value ? [id] : [])),
);

export function setSave(exchangeId: string, save: Save | null): void {
  const next = new Map(saves.value);
  if (save === null) next.delete(exchangeId);
  else next.set(exchangeId, save);
  saves.value = next;
}

/** Forgets that a verdict did not arrive where what it said stands: only its answer was lost, or somebody else said the
 *  same. */
export function settleSave(exchangeId: string, standing: Review | null): void {
  const save = saveOf(exchangeId);
  if (save?.state !== 'failed' || !isStanding(save.said, standing)) return;
  if (save.said.judgement !== null) dropDraft(exchangeId, save.said.comment);
  setSave(exchangeId, null);
}

/** Who wrote nothing misses nothing in a review that came since. */
function isStanding({ judgement, comment, seen }: Said, standing: Review | null): boolean {
  if (standing === null || judgement === null) return standing === null && judgement === null;
  const isNew = standing.reviewedAt !== seen;
  return judgement === standing.judgement && (comment === standing.comment || (comment === '' && isNew));
}
