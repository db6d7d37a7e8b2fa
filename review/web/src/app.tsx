import { useSignalEffect } from '@preact/signals';
import { freshIds } from './state/list.ts';
import { openId } from './state/route.ts';
import { Detail } from './views/detail.tsx';
import { Help } from './views/help.tsx';
import { List } from './views/list.tsx';
import { Overview } from './views/overview.tsx';
import { TopBar } from './views/top-bar.tsx';

/** The page: the list, and beside it (or over it, where it is narrow) the open exchange. */
export function App() {
  useSignalEffect(() => {
    const fresh = freshIds.value.size;
    document.title = fresh === 0 ? 'Telltale review' : `(${fresh}) Telltale review`;
  });
  const isOpen = openId.value !== null;
  return (
    <div class={`page ${isOpen ? 'is-open' : ''}`}>
      <TopBar />
      <List />
      {isOpen ? <Detail /> : <Overview />}
      <Help />
    </div>
  );
}
