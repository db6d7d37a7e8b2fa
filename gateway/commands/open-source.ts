import { openParquetSource } from './parquet-source.ts';
import type { SideEnd } from './replay-side.ts';
import { openStoreSource, type ReplaySource, type StoreParts } from './replay-source.ts';

/** What `--from` names, or else what the gateway keeps.
 *  @throws {CommandFailure} where there is nothing, or a file cannot be read */
export function openSource(parts: StoreParts, from: readonly string[] | undefined): Promise<ReplaySource> {
  return from === undefined ? openStoreSource(parts) : openParquetSource({ ...parts, from });
}

/** What holds once a source was read.
 *  @param asked - the end of the range; of files nothing is known after their export */
export function sideEnd(source: ReplaySource, asked: Date): SideEnd {
  const { late, until } = source.ended();
  const known = until === null ? asked : new Date(until);
  return { late, until: known < asked ? known : asked };
}
