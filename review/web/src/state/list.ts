import { batch, signal } from '@preact/signals';
import type { ExchangeItem, Review } from '../../../wire.ts';
import { type Filters, fetchPage, messageOf } from './api.ts';
import { filters } from './route.ts';

/** The list as far as it has been loaded, newest first. */
export const items = signal<readonly ExchangeItem[]>([]);
export const listState = signal<'loading' | 'ready' | 'failed'>('loading');
export const listError = signal('');
/** Arrived while the page was open and not opened yet. */
export const freshIds = signal<ReadonlySet<string>>(new Set());

/** From the weakest to the strongest; the filter names the weakest one shown. */
const LEVELS: readonly string[] = ['informational', 'low', 'medium', 'high', 'critical'];

const cursor = signal<string | null>(null);
let loads = 0;

export const hasMore = (): boolean => cursor.value !== null;

/** Loads the first page; what arrives meanwhile is kept in order. */
export async function loadList(): Promise<void> {
  await load(null, (page) => page);
}

/** Loads the page after the last one. */
export async function loadMore(): Promise<void> {
  if (cursor.value === null || listState.value === 'loading') return;
  await load(cursor.value, (page) => [...items.value, ...page]);
}

async function load(from: string | null, merge: (page: readonly ExchangeItem[]) => readonly ExchangeItem[]) {
  loads += 1;
  const turn = loads;
  listState.value = 'loading';
  try {
    const page = await fetchPage(filters.value, from);
    if (turn !== loads) return;
    batch(() => {
      items.value = unique(merge(page.items));
      cursor.value = page.nextCursor;
      listState.value = 'ready';
    });
  } catch (error) {
    if (turn !== loads) return;
    listError.value = messageOf(error);
    listState.value = 'failed';
  }
}

/** Puts a new item on top where it passes the filters. */
export function insert(item: ExchangeItem): void {
  if (!matches(item, filters.value)) return;
  const isNew = !items.value.some((known) => known.exchangeId === item.exchangeId);
  items.value = unique([item, ...items.value]);
  if (isNew) freshIds.value = new Set([...freshIds.value, item.exchangeId]);
}

export function markSeen(exchangeId: string): void {
  if (!freshIds.value.has(exchangeId)) return;
  freshIds.value = new Set([...freshIds.value].filter((id) => id !== exchangeId));
}

/** Shows a review in the list; an item stays where it is even when it no longer passes the filters. */
export function applyReview(exchangeId: string, review: Review): void {
  items.value = items.value.map((item) => (item.exchangeId === exchangeId ? { ...item, review } : item));
}

function matches(item: ExchangeItem, { rule, level, state }: Filters): boolean {
  if (rule !== '' && !item.rules.some((known) => known.id === rule)) return false;
  if (level !== '' && LEVELS.indexOf(item.level) < LEVELS.indexOf(level)) return false;
  return state === '' || (state === 'open') === (item.review === null);
}

function unique(list: readonly ExchangeItem[]): readonly ExchangeItem[] {
  return [...new Map(list.map((item) => [item.exchangeId, item])).values()];
}
