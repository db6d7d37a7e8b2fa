import { useEffect } from 'preact/hooks';
import type { ExchangeView, Judgement } from '../../../wire.ts';
import { judge, saveError, saveState } from '../state/detail.ts';
import { comment } from '../state/keys.ts';
import { fullTime } from '../text/when.ts';
import { judgementName } from '../text/wording.ts';

const JUDGEMENTS: readonly Judgement[] = ['correct', 'false_alarm', 'unsure'];
const MAX_COMMENT = 2_000;

/** Records what the person makes of it; a verdict is saved as it is chosen, a comment with it. */
export function ReviewForm({ view }: { view: ExchangeView }) {
  const saved = view.review;
  useEffect(() => {
    comment.value = saved?.comment ?? '';
  }, [saved]);
  const isCommentChanged = saved !== null && comment.value !== saved.comment;
  return (
    <form class="review" aria-label="Your verdict" onSubmit={(event) => event.preventDefault()}>
      <h3>{view.isNotice ? 'Is it dealt with?' : 'Was the rule right?'}</h3>
      <div class="judgements">
        {JUDGEMENTS.map((judgement, at) => (
          <button
            key={judgement}
            type="button"
            class={`judgement is-${judgement}`}
            aria-pressed={saved?.judgement === judgement}
            onClick={() => void judge(judgement, comment.value)}
          >
            {judgementName(judgement, view.isNotice)} <kbd>{at + 1}</kbd>
          </button>
        ))}
      </div>
      <textarea
        id="review-comment"
        rows={2}
        maxLength={MAX_COMMENT}
        aria-label="Comment"
        placeholder="Comment (optional)"
        value={comment.value}
        onInput={(event) => (comment.value = event.currentTarget.value)}
      />
      {isCommentChanged && (
        <button type="button" onClick={() => void judge(saved.judgement, comment.value)}>
          Save the comment
        </button>
      )}
      <p class="save-state" role="status">
        {stateText(view)}
      </p>
    </form>
  );
}

function stateText(view: ExchangeView): string {
  if (saveState.value === 'failed') return `Not saved: ${saveError.value}`;
  if (saveState.value === 'saving') return 'Saving';
  if (view.review === null) return 'Not reviewed yet';
  const { judgement, reviewedAt } = view.review;
  return `Saved: ${judgementName(judgement, view.isNotice).toLowerCase()}, ${fullTime(reviewedAt)}`;
}
