import { batch, signal } from '@preact/signals';
import type { ExchangeItem, ExchangePage, Review } from '../../../wire.ts';
import { type Filters, fetchPage, messageOf } from './api.ts';
import { filters } from './route.ts';
import { later, startReading } from './told.ts';

/** The list as far as it has been loaded, newest first. */
export const items = signal<readonly ExchangeItem[]>([]);
export const listState = signal<'loading' | 'ready' | 'failed'>('loading');
export const listError = signal('');
/** Arrived while the page was open and not opened yet. */
export const freshIds = signal<ReadonlySet<string>>(new Set());

/** From the weakest to the strongest; the filter names the weakest one shown. */
const LEVELS: readonly string[] = ['informational', 'low', 'medium', 'high', 'critical'];

const cursor = signal<string | null>(null);
/** The filters that the list was loaded under; other ones make another list. */
let loadedFor: Filters | null = null;
let loads = 0;
/** What came by itself since the first page was last asked for. */
let arrived = new Set<string>();
let inFlight: Promise<void> = Promise.resolve();

export const hasMore = (): boolean => cursor.value !== null;

/** Loads the first page, in place of what was there. */
export async function loadList(): Promise<void> {
  await load(null, (page) => page);
}

/** The list as it is when the first page has been read again. */
export interface Loaded extends ExchangePage {
  /** What came by itself while the page was being read. */
  readonly arrived: ReadonlySet<string>;
}

/** Reads the first page again, and puts in place of the list what is made of both. A list of other filters goes. */
export async function mergeFirstPage(
  merge: (page: ExchangePage, loaded: Loaded) => ExchangePage,
): Promise<void> {
  arrived = new Set();
  await load(null, (page) =>
    loadedFor === filters.value
      ? merge(page, { items: items.value, nextCursor: cursor.value, arrived })
      : page,
  );
}

/** Resolves when nothing is being loaded: a load that another one has overtaken says nothing. */
export async function listSettled(): Promise<void> {
  let waited: Promise<void>;
  do {
    waited = inFlight;
    await waited;
  } while (waited !== inFlight);
}

/** Loads the page after the last one; where something is being loaded, waits for that. Where what is shown is still the list
 *  of other filters, since loading that of the present ones failed, the first page of theirs. */
export async function loadMore(): Promise<void> {
  if (listState.value === 'loading') await listSettled();
  else if (loadedFor !== filters.value) await loadList();
  else if (cursor.value !== null)
    await load(cursor.value, (page) => ({ ...page, items: [...items.value, ...page.items] }));
}

function load(from: string | null, merge: (page: ExchangePage) => ExchangePage): Promise<void> {
  inFlight = read(from, merge);
  return inFlight;
}

async function read(from: string | null, merge: (page: ExchangePage) => ExchangePage): Promise<void> {
  loads += 1;
  const turn = loads;
  const asked = filters.value;
  const reading = startReading();
  listState.value = 'loading';
  try {
    const page = await fetchPage(asked, from);
    if (turn !== loads) return;
    const read = page.items.map((item) => ({
      ...item,
      review: reading.standing(item.exchangeId, item.review),
    }));
    const merged = merge({ ...page, items: read });
    batch(() => {
      items.value = unique(merged.items);
      cursor.value = merged.nextCursor;
      listState.value = 'ready';
    });
    loadedFor = asked;
  } catch (error) {
    if (turn !== loads) return;
    listError.value = messageOf(error);
    listState.value = 'failed';
  } finally {
    reading.end();
  }
}

/** Puts a new item on top where it passes the filters. */
export function insert(item: ExchangeItem): void {
  if (!matches(item, filters.value)) return;
  const isNew = !items.value.some((known) => known.exchangeId === item.exchangeId);
  items.value = unique([item, ...items.value]);
  arrived.add(item.exchangeId);
  if (isNew) freshIds.value = new Set([...freshIds.value, item.exchangeId]);
}

export function markSeen(exchangeId: string): void {
  if (!freshIds.value.has(exchangeId)) return;
  freshIds.value = new Set([...freshIds.value].filter((id) => id !== exchangeId));
}

/** Shows a review in the list; an item stays where it is even when it no longer passes the filters. */
export function applyReview(exchangeId: string, review: Review | null): void {
  items.value = items.value.map((item) =>
    item.exchangeId === exchangeId ? { ...item, review: later(item.review, review) } : item,
  );
}

/** Takes out what is no longer in the store. */
export function remove(exchangeId: string): void {
  items.value = items.value.filter((item) => item.exchangeId !== exchangeId);
  markSeen(exchangeId);
}

function matches(item: ExchangeItem, { rule, level, state, outcome, words }: Filters): boolean {
  if (rule !== '' && !item.rules.some((known) => known.id === rule)) return false;
  if (level !== '' && LEVELS.indexOf(item.level) < LEVELS.indexOf(level)) return false;
  if (outcome !== '' && item.outcome !== outcome) return false;
  if (words !== '' && !item.excerpt.toLowerCase().includes(words.trim().toLowerCase())) return false;
  return state === '' || (state === 'open') === (item.review === null);
}

/** Each item once, where and as it comes first. */
function unique(list: readonly ExchangeItem[]): readonly ExchangeItem[] {
  const known = new Map<string, ExchangeItem>();
  for (const item of list) if (!known.has(item.exchangeId)) known.set(item.exchangeId, item);
  return [...known.values()];
}
