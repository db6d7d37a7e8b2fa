/** For `JSON.stringify`: marks for the upstream's cache move from turn to turn and say nothing. */
export function withoutCacheMarks(key: string, value: unknown): unknown {
  return key === 'cache_control' ? undefined : value;
}
