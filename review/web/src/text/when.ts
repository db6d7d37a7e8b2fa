const CLOCK = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const DAY = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });
const FULL = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });

/** `just now`, `4 min`, `13:05` today, else `21 Nov`, in the reader's time zone. */
export function shortTime(iso: string, nowMs: number): string {
  const at = new Date(iso);
  const minutes = Math.floor((nowMs - at.getTime()) / 60_000);
  if (minutes < 1) return 'just now';
  if (minutes < 60) return `${minutes} min`;
  return new Date(nowMs).toDateString() === at.toDateString() ? CLOCK.format(at) : DAY.format(at);
}

/** Date and time to the second, in the reader's time zone. */
export const fullTime = (iso: string): string => FULL.format(new Date(iso));
