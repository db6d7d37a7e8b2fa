import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { ExchangeItem, ExchangeView } from '../../../wire.ts';
import { fetchConversation, NO_FILTERS } from '../state/api.ts';
import { nowMs } from '../state/now.ts';
import { open, setFilters } from '../state/route.ts';
import { fullTime, shortTime } from '../text/when.ts';
import { LevelMark, ReviewMark } from './level.tsx';
import { isOnePane } from './one-pane.ts';
import { OpenLink } from './open-link.tsx';

/** So many are shown. */
const MOST = 20;

/** What else was flagged in the conversation, newest first: whether one sees a slip or a course. Where that cannot be
 *  read the list says what is wrong, and nothing stands here. */
export function SameConversation({ view: { exchangeId, conversationId } }: { view: ExchangeView }) {
  const others = useSignal<readonly ExchangeItem[]>([]);
  const isMore = useSignal(false);
  useEffect(() => {
    // One is the open one, and one more tells that there are more.
    fetchConversation(conversationId, MOST + 2).then(
      (page) => {
        const found = page.items.filter((item) => item.exchangeId !== exchangeId);
        others.value = found.slice(0, MOST);
        isMore.value = found.length > MOST;
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
      {isMore.value && (
        <button type="button" class="linklike" onClick={() => showInList(conversationId)}>
          There are more: show all of them in the list
        </button>
      )}
    </section>
  );
}

function showInList(conversationId: string): void {
  setFilters({ ...NO_FILTERS, words: conversationId });
  if (isOnePane()) open(null);
}
