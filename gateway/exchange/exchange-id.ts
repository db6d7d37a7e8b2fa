import { randomUUID } from 'node:crypto';

const TIME_DIGITS = 12;
/** Where a UUID goes on after its time and its version. */
const RANDOM_FROM = 15;

/** A UUID of version 7: it begins with the time, so that the ids of exchanges that end together stand together in the
 *  store's indexes, and each commit writes fewer pages of them. The other 74 bits are random.
 *  @param nowMs - since 1970
 *  @see RFC 9562, section 5.7 */
export function createExchangeId(nowMs: number = Date.now()): string {
  const time = nowMs.toString(16).padStart(TIME_DIGITS, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(RANDOM_FROM)}`;
}
