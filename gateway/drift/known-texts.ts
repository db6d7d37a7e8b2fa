import { createHash } from 'node:crypto';

/** Texts that were counted within a window, by their digests. */
export interface KnownTexts {
  /** Whether a text is counted for the first time within the window. */
  isNew(text: string, atMs: number): boolean;
  /** How many were forgotten before their time, since there were too many. */
  forgotten(): number;
}

const DIGITS = 22;

/** @param max - the most texts that are remembered, the latest */
export function createKnownTexts(windowMs: number, max: number): KnownTexts {
  const countedAt = new Map<string, number>();
  let forgotten = 0;

  // What lies a window ahead was counted under another clock.
  const isKnown = (at: number, now: number) => Math.abs(now - at) < windowMs;

  function forgetOldest(now: number): void {
    for (const [digest, at] of countedAt) {
      const isOver = !isKnown(at, now);
      if (!isOver && countedAt.size < max) return;
      if (!isOver) forgotten += 1;
      countedAt.delete(digest);
    }
  }

  return {
    isNew(text, atMs) {
      const digest = createHash('sha256').update(text).digest('base64').slice(0, DIGITS);
      const at = countedAt.get(digest);
      if (at !== undefined && isKnown(at, atMs)) return false;
      countedAt.delete(digest);
      forgetOldest(atMs);
      countedAt.set(digest, atMs);
      return true;
    },
    forgotten: () => forgotten,
  };
}
