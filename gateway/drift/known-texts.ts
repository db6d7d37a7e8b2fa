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

  function forgetOldest(before: number): void {
    for (const [digest, at] of countedAt) {
      const isOver = at <= before;
      if (!isOver && countedAt.size < max) return;
      if (!isOver) forgotten += 1;
      countedAt.delete(digest);
    }
  }

  return {
    isNew(text, atMs) {
      const digest = createHash('sha256').update(text).digest('base64').slice(0, DIGITS);
      const at = countedAt.get(digest);
      if (at !== undefined && at > atMs - windowMs) return false;
      countedAt.delete(digest);
      forgetOldest(atMs - windowMs);
      countedAt.set(digest, atMs);
      return true;
    },
    forgotten: () => forgotten,
  };
}
