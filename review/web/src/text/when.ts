const CLOCK = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const DAY = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });
const DAY_OF_YEAR = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' });
const FULL = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'long' });

/** `just now`, `4 min`, `13:05` today, else `21 Nov`, of another year with
 *  it; in the reader's time zone. */
export function shortTime(iso: string, nowMs: number): string {
  const at = new Date(iso);
  const minutes = Math.floor((nowMs - at.getTime()) / 60_000);
  if (minutes < 1) return 'just now';
  if (minutes < 60) return `${minutes} min`;
  const now = new Date(nowMs);
  if (now.toDateString() === at.toDateString()) return CLOCK.format(at);
  return (now.getFullYear() === at.getFullYear() ? DAY : DAY_OF_YEAR).format(at);
}

/** Date and time to the second, in the reader's time zone, which is named: `27 Nov 2026, 11:21:09 CET`. */
export const fullTime = (iso: string): string => FULL.format(new Date(iso));
