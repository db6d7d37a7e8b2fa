import type { ExchangeView, Judgement } from '../../../wire.ts';
import { draftOf, setDraft } from '../state/drafts.ts';
import { saveOf } from '../state/saves.ts';
import { sign, signature } from '../state/signature.ts';
import { judge } from '../state/verdict.ts';
import { isNothingLeft, openNextUnreviewed } from '../state/walk.ts';
import { fullTime } from '../text/when.ts';
import { judgementName } from '../text/wording.ts';

const JUDGEMENTS: readonly Judgement[] = ['correct', 'false_alarm', 'unsure'];
const MAX_COMMENT = 2_000;
const MAX_NAME = 80;

/** Records what the person makes of it; a verdict is saved as it is chosen, a comment with it. */
export function ReviewForm({ view }: { view: ExchangeView }) {
  const saved = view.review;
  return (
    <form class="review" aria-label="Your verdict" onSubmit={(event) => event.preventDefault()}>
      <h3>{question(view)}</h3>
      <div class="judgements">
        {JUDGEMENTS.map((judgement, at) => (
          <button
            key={judgement}
            type="button"
            class={`judgement is-${judgement}`}
            aria-pressed={saved?.judgement === judgement}
            onClick={() => void judge(judgement)}
          >
            {judgementName(judgement, view.isNotice)} <kbd>{at + 1}</kbd>
          </button>
        ))}
      </div>
      <Comment view={view} />
      <div class="stand">
        <p
          class={`save-state ${saveOf(view.exchangeId)?.state === 'failed' ? 'is-failed' : ''}`}
          role="status"
        >
          {stateText(view)}
        </p>
        <Next view={view} />
      </div>
    </form>
  );
}

/** A verdict is of the exchange: of several rules none is meant alone. */
function question({ isNotice, rules }: ExchangeView): string {
  if (isNotice) return 'Is it dealt with?';
  return rules.length > 1 ? 'Was it right to flag this?' : 'Was the rule right?';
}

function Comment({ view: { exchangeId, review } }: { view: ExchangeView }) {
  const draft = draftOf(exchangeId);
  const text = draft ?? review?.comment ?? '';
  const isChanged = review !== null && text !== review.comment;
  return (
    <>
      <textarea
        id="review-comment"
        rows={2}
        maxLength={MAX_COMMENT}
        dir="auto"
        aria-label="Comment"
        placeholder="Comment (optional)"
        value={text}
        onInput={(event) => setDraft(exchangeId, event.currentTarget.value)}
      />
      {isChanged && (
        <button type="button" onClick={() => void judge(review.judgement)}>
          Save the comment
        </button>
      )}
    </>
  );
}

/** What can be done now that a verdict stands, and the name under which the next one is given. */
function Next({ view: { exchangeId, review } }: { view: ExchangeView }) {
  return (
    <p class="next">
      {review !== null && (
        <button type="button" class="linklike" onClick={() => void judge(null)}>
          Take it back <kbd>u</kbd>
        </button>
      )}
      {isNothingLeft(exchangeId) ? (
        <span role="status">Nothing more to review below</span>
      ) : (
        <button type="button" class="linklike" onClick={() => void openNextUnreviewed()}>
          Next to review <kbd>n</kbd>
        </button>
      )}
      <input
        class="signature"
        value={signature.value}
        maxLength={MAX_NAME}
        placeholder="Your name"
        aria-label="Your name, kept with your verdicts"
        autocomplete="off"
        onInput={(event) => sign(event.currentTarget.value)}
      />
    </p>
  );
}

function stateText({ exchangeId, review, isNotice }: ExchangeView): string {
  const save = saveOf(exchangeId);
  if (save?.state === 'failed') return `Not saved: ${save.error}`;
  if (save?.state === 'saving') return 'Saving';
  if (review === null) return 'Not reviewed yet';
  const { judgement, reviewer, reviewedAt } = review;
  return `Saved: ${judgementName(judgement, isNotice).toLowerCase()}, by ${reviewer}, ${fullTime(reviewedAt)}`;
}
