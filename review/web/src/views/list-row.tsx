import type { TargetedEvent } from 'preact';
import { memo } from 'preact/compat';
import type { ExchangeItem } from '../../../wire.ts';
import { nowMs } from '../state/now.ts';
import { isShown, show } from '../state/veil.ts';
import { fullTime, shortTime } from '../text/when.ts';
import { roleName } from '../text/wording.ts';
import { LevelMark, OutcomeMark, ReviewMark } from './level.tsx';
import { OpenLink } from './open-link.tsx';

interface ListRowProps {
  readonly item: ExchangeItem;
  readonly isOpen: boolean;
  readonly isFresh: boolean;
}

/** One flagged exchange in the list; drawn anew only when something of it changes, since there may be thousands. */
export const ListRow = memo(function ListRow({ item, isOpen, isFresh }: ListRowProps) {
  const classes = [
    'row',
    `is-${item.level}`,
    isOpen && 'is-current',
    isFresh && 'is-fresh',
    item.review && 'is-done',
  ];
  return (
    <li class={classes.filter(Boolean).join(' ')} data-exchange={item.exchangeId}>
      <OpenLink exchangeId={item.exchangeId} isCurrent={isOpen}>
        <RowHead item={item} isFresh={isFresh} />
        <Excerpt item={item} />
        <span class="row-marks">
          <LevelMark level={item.level} />
          <OutcomeMark of={item} />
          <ReviewMark of={item} />
        </span>
      </OpenLink>
      <Peek item={item} />
    </li>
  );
});

function RowHead({ item, isFresh }: { item: ExchangeItem; isFresh: boolean }) {
  const [first, ...others] = item.rules;
  return (
    <span class="row-head">
      <span class="row-title">
        {isFresh && <span class="fresh">New</span>}
        {first?.title ?? 'Flagged'}
        {others.length > 0 && <span class="others"> +{others.length}</span>}
      </span>
      <time dateTime={item.at} title={fullTime(item.at)}>
        {shortTime(item.at, nowMs.value)}
      </time>
    </span>
  );
}

function Excerpt({ item }: { item: ExchangeItem }) {
  const shown = item.isNotice || isShown(item.exchangeId);
  return (
    <span class={`excerpt ${shown ? '' : 'is-veiled'}`}>
      <b>
        {item.isNotice ? 'Telltale' : roleName(item.role)}
        {item.isDisguised && ', disguised'}
      </b>{' '}
      <span class="excerpt-text" dir="auto" aria-hidden={shown ? undefined : 'true'}>
        {item.excerpt}
      </span>
    </span>
  );
}

function Peek({ item }: { item: ExchangeItem }) {
  if (item.isNotice || isShown(item.exchangeId)) return null;
  // The button goes when it is pressed.
  const peek = (event: TargetedEvent<HTMLElement>) => {
    event.currentTarget.closest('li')?.querySelector('a')?.focus({ preventScroll: true });
    show(item.exchangeId);
  };
  return (
    <button type="button" class="peek" aria-label="Show this excerpt" onClick={peek}>
      <svg viewBox="0 0 20 20" aria-hidden="true">
        <path d="M1.5 10S4.5 4.5 10 4.5 18.5 10 18.5 10 15.5 15.5 10 15.5 1.500 10 1.5 10Z" />
        <circle cx="10" cy="10" r="2.5" />
      </svg>
    </button>
  );
}
