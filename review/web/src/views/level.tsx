import type { Level, Outcome, Review } from '../../../wire.ts';
import { judgementName, levelName, outcomeName } from '../text/wording.ts';

export function LevelMark({ level }: { level: Level }) {
  return <span class={`level is-${level}`}>{levelName(level)}</span>;
}

export function OutcomeMark({ outcome }: { outcome: Outcome }) {
  return <span class={`outcome is-${outcome}`}>{outcomeName(outcome)}</span>;
}

export function ReviewMark({ review }: { review: Review | null }) {
  return review === null ? null : (
    <span class={`judged is-${review.judgement}`}>{judgementName(review.judgement)}</span>
  );
}
