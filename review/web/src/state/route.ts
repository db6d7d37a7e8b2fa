import { computed, signal } from '@preact/signals';
import type { Filters } from './api.ts';

/** Where the reader is: filters and the open exchange, kept in the address so that back, reload and links work. */
interface Place {
  readonly exchangeId: string | null;
  readonly filters: Filters;
}

const place = signal<Place>(readPlace());

/** The open exchange, or null. */
export const openId = computed(() => place.value.exchangeId);

/** The list's filters; keeps its identity while they do not change. */
export const filters = signal<Filters>(place.value.filters);

/** Follows the address from now on. */
export function startRouting(): void {
  window.addEventListener('popstate', () => {
    place.value = readPlace();
    if (!isEqual(place.value.filters, filters.value)) filters.value = place.value.filters;
  });
}

/** Opens an exchange, or closes the open one with null. Moving between open exchanges adds no history. */
export function open(exchangeId: string | null): void {
  const isReplacing = exchangeId !== null && place.value.exchangeId !== null;
  go({ ...place.value, exchangeId }, isReplacing);
}

export function setFilters(next: Filters): void {
  go({ ...place.value, filters: next }, true);
  filters.value = next;
}

/** The address of an exchange under the present filters. */
export function addressOf(exchangeId: string | null): string {
  return address({ exchangeId, filters: filters.value });
}

function go(next: Place, isReplacing: boolean): void {
  place.value = next;
  history[isReplacing ? 'replaceState' : 'pushState'](null, '', address(next));
}

function address({ exchangeId, filters }: Place): string {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries({ ...filters, exchange: exchangeId ?? '' })) {
    if (value !== '') query.set(key, value);
  }
  const text = query.toString();
  return text === '' ? './' : `./?${text}`;
}

function readPlace(): Place {
  const query = new URLSearchParams(location.search);
  const get = (key: string) => query.get(key) ?? '';
  return {
    exchangeId: query.get('exchange'),
    filters: {
      rule: get('rule'),
      level: get('level'),
      state: get('state'),
      outcome: get('outcome'),
      words: get('words'),
    },
  };
}

const isEqual = (a: Filters, b: Filters): boolean =>
  new URLSearchParams({ ...a }).toString() === new URLSearchParams({ ...b }).toString();
