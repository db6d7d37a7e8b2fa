import { hasMore, items, listError, listState, loadList, loadMore } from '../state/list.ts';
import { filters, setFilters } from '../state/route.ts';
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
          <button type="button" onClick={() => void loadList()}>
            Try again
          </button>
        </div>
      )}
      {isEmpty && listState.value === 'ready' && <Nothing />}
      <ol class="rows">
        {items.value.map((item) => (
          <ListRow key={item.exchangeId} item={item} />
        ))}
      </ol>
      {hasMore() && (
        <button type="button" class="quiet more" onClick={() => void loadMore()}>
          Show older
        </button>
      )}
    </nav>
  );
}

function Nothing() {
  const isFiltered = Object.values(filters.value).some((value) => value !== '');
  if (!isFiltered) return <EmptyList />;
  return (
    <div class="empty">
      <p>No flagged conversation passes these filters.</p>
      <button type="button" onClick={() => setFilters({ rule: '', level: '', state: '' })}>
        Clear the filters
      </button>
    </div>
  );
}
