import type { Collected } from '../collected.ts';
import { createCalledTools, placesOf } from './called-tools.ts';
import { type PlaceOf, readItem } from './read-items.ts';

/** Items of a conversation, each under the tool that it calls or comes from.
 *  @param placesAt - where an item stands, by its index */
export function readItemList(
  items: readonly unknown[],
  placesAt: (index: number) => PlaceOf,
  into: Collected,
): void {
  const toolOf = createCalledTools(items);
  for (const [index, item] of items.entries()) {
    readItem(item, placesOf(placesAt(index), toolOf(item)), into);
  }
}
