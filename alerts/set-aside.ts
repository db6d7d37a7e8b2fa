import { systemRecord } from './system-alert.ts';
import type { ExchangeRecord } from './types.ts';

/** A damaged store that was found at start: where it is now, and what was wrong with it. */
export interface SetAside {
  readonly path: string;
  readonly reason: string;
}

/** The alert that a damaged store raises, since whoever watches the alerts must know that earlier ones lie elsewhere.
 *  @param at - ISO 8601 */
export function setAsideRecord({ path, reason }: SetAside, at: string): ExchangeRecord {
  return systemRecord({
    id: `telltale-store-set-aside-${at}`,
    rule: {
      id: '0b7f2f5e-5d0c-4f0e-9a56-3a6a0c1d7e01',
      name: 'store_set_aside',
      title: 'The store was damaged and set aside',
    },
    level: 'critical',
    tags: ['telltale.store'],
    about: 'store',
    text: `The store was damaged (${reason}). It was set aside as ${path} and a new one was begun. Alerts that had not been delivered are in the damaged file.`,
    at,
  });
}
