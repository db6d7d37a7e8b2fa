import type { Outbox, OutboxPlace, StoreTask } from '../types.ts';

/** Reads an outbox from the thread that relays it, on connections of its own: no commit waits for it. */
export interface OutboxReader extends Pick<Outbox, 'take'> {
  close(): Promise<void>;
}

/** What a reader needs. */
export interface ReaderParts<Place extends OutboxPlace = OutboxPlace> {
  readonly place: Place;
  /** This relay, to others on the same database. */
  readonly owner: string;
  /** What is tried again by itself has failed. */
  onFailure(task: StoreTask): void;
}

/** Connects at the first question. Of the two kinds of store only the one that is needed is loaded. */
export async function createOutboxReader({ place, ...parts }: ReaderParts): Promise<OutboxReader> {
  if (place.kind === 'file') return (await import('./file-reader.ts')).createFileReader(place);
  return (await import('./server-reader.ts')).createServerReader({ place, ...parts });
}
