import { useEffect, useRef } from 'preact/hooks';
import { NO_FILTERS } from '../state/api.ts';
import { freshIds, hasMore, items, listError, listState, loadMore } from '../state/list.ts';
import { refreshList } from '../state/refresh.ts';
import { filters, openId, setFilters } from '../state/route.ts';
import { isNothingLeft } from '../state/walk.ts';
import { EmptyList } from './empty-list.tsx';
import { FilterBar } from './filter-bar.tsx';
import { ListRow } from './list-row.tsx';

/** Flagged exchanges, newest first. */
export function List() {
  const isEmpty = items.value.length === 0;
  return (
    <nav class="list-pane" aria-label="Flagged conversations">
      <FilterBar />
      {listState.value === 'failed' && (
        <div class="trouble" role="alert">
          <p>{listError.value}</p>
          <button type="button" onClick={() => void refreshList()}>
            Try again
          </button>
        </div>
      )}
      {isEmpty && listState.value === 'ready' && <Nothing />}
      {isEmpty && listState.value === 'loading' && (
        <p class="loading" role="status">
          Loading
        </p>
      )}
      <p class="nothing-left" role="status">
        {openId.value === null && isNothingLeft(null) && 'Nothing more to review below'}
      </p>
      <ol class="rows">
        {items.value.map((item) => (
          <ListRow
            key={item.exchangeId}
            item={item}
            isOpen={openId.value === item.exchangeId}
            isFresh={freshIds.value.has(item.exchangeId)}
          />
        ))}
      </ol>
      {hasMore() && <Older />}
    </nav>
  );
}

/** Loads what is older as soon as the reader comes near it; the button is for where that failed. */
function Older() {
  const button = useRef<HTMLButtonElement>(null);
  const { length } = items.value;
  useEffect(() => {
    const near = new IntersectionObserver(
      ([entry]) => {
        if (entry?.isIntersecting && listState.value === 'ready') void loadMore();
      },
      { root: button.current?.closest('.list-pane') ?? null, rootMargin: '600px' },
    );
    if (button.current !== null) near.observe(button.current);
    return () => near.disconnect();
  }, [length]);
  return (
    <button ref={button} type="button" class="quiet more" onClick={() => void loadMore()}>
      Show older
    </button>
  );
}

function Nothing() {
  const isFiltered = Object.values(filters.value).some((value) => value !== '');
  if (!isFiltered) return <EmptyList />;
  return (
    <div class="empty">
      <p>No flagged conversation passes these filters.</p>
      {filters.value.words !== '' && (
        <p>A search looks at the excerpts of the 5,000 newest, as they stand in this list, and at ids.</p>
      )}
      <button type="button" onClick={() => setFilters(NO_FILTERS)}>
        Clear the filters
      </button>
    </div>
  );
}
