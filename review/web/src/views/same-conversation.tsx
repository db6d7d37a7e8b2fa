import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { ExchangeItem, ExchangeView } from '../../../wire.ts';
import { fetchConversation } from '../state/api.ts';
import { nowMs } from '../state/now.ts';
import { fullTime, shortTime } from '../text/when.ts';
import { LevelMark, ReviewMark } from './level.tsx';
import { OpenLink } from './open-link.tsx';

/** What else was flagged in the conversation, newest first: whether one sees a slip or a course. Where that cannot be
 *  read the list says what is wrong, and nothing stands here. */
export function SameConversation({ view: { exchangeId, conversationId } }: { view: ExchangeView }) {
  const others = useSignal<readonly ExchangeItem[]>([]);
  useEffect(() => {
    fetchConversation(conversationId).then(
      (page) => {
        others.value = page.items.filter((item) => item.exchangeId !== exchangeId);
      },
      () => {},
    );
  }, [exchangeId, conversationId]);
  if (others.value.length === 0) return null;
  return (
    <section class="same" aria-label="Also flagged in this conversation">
      <h3>Also flagged in this conversation</h3>
      <ol>
        {others.value.map((item) => (
          <li key={item.exchangeId}>
            <OpenLink exchangeId={item.exchangeId}>
              <span>{item.rules[0]?.title ?? 'Flagged'}</span>
              <ReviewMark of={item} />
              <LevelMark level={item.level} />
              <time dateTime={item.at} title={fullTime(item.at)}>
                {shortTime(item.at, nowMs.value)}
              </time>
            </OpenLink>
          </li>
        ))}
      </ol>
    </section>
  );
}
