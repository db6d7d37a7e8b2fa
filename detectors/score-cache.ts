import type { ScoreCacheCounts } from './types.ts';

/** Values by digest, bounded in bytes and in number; those that were not asked for longest go first. */
export interface ScoreCache<Value> {
  /** A larger value is not kept. */
  readonly maxValueBytes: number;
  find(key: string): Value | undefined;
  keep(key: string, value: Value, bytes: number): void;
  stats(): ScoreCacheCounts;
}

export interface ScoreCacheBounds {
  readonly maxBytes: number;
  readonly maxEntries: number;
}

/** No one value takes more than this share of the bytes. */
const LARGEST_SHARE = 1 / 8;
/** The key, and what the map and the entry take beside the value. */
const ENTRY_BYTES = 160;

/** An empty cache. */
export function createScoreCache<Value>({ maxBytes, maxEntries }: ScoreCacheBounds): ScoreCache<Value> {
  // A map keeps the order in which keys were set: the first is the one not asked for longest.
  const entries = new Map<string, { readonly value: Value; readonly bytes: number }>();
  const counts = { hits: 0, misses: 0, evictions: 0, refused: 0 };
  const maxValueBytes = Math.floor(maxBytes * LARGEST_SHARE) - ENTRY_BYTES;
  let bytes = 0;

  function remove(key: string): void {
    bytes -= entries.get(key)?.bytes ?? 0;
    entries.delete(key);
  }

  return {
    maxValueBytes,
    find(key) {
      const entry = entries.get(key);
      if (entry === undefined) {
        counts.misses++;
        return undefined;
      }
      counts.hits++;
      entries.delete(key);
      entries.set(key, entry);
      return entry.value;
    },
    keep(key, value, valueBytes) {
      if (valueBytes > maxValueBytes) {
        counts.refused++;
        return;
      }
      remove(key);
      entries.set(key, { value, bytes: valueBytes + ENTRY_BYTES });
      bytes += valueBytes + ENTRY_BYTES;
      for (const oldest of entries.keys()) {
        if (bytes <= maxBytes && entries.size <= maxEntries) break;
        remove(oldest);
        counts.evictions++;
      }
    },
    stats: () => ({ ...counts, entries: entries.size, bytes }),
  };
}
