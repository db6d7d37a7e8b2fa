import type { ExchangeItem, Level } from '../../../wire.ts';
import { judgementName, levelName, outcomeName } from '../text/wording.ts';

export function LevelMark({ level }: { level: Level }) {
  return <span class={`level is-${level}`}>{levelName(level)}</span>;
}

/** What became of an exchange; a notice is of none. */
export function OutcomeMark({
  of: { outcome, isNotice },
}: {
  of: Pick<ExchangeItem, 'outcome' | 'isNotice'>;
}) {
  return <span class={`outcome is-${outcome}`}>{isNotice ? 'Notice' : outcomeName(outcome)}</span>;
}

export function ReviewMark({ of: { review, isNotice } }: { of: Pick<ExchangeItem, 'review' | 'isNotice'> }) {
  return review === null ? null : (
    <span class={`judged is-${review.judgement}`}>{judgementName(review.judgement, isNotice)}</span>
  );
}
