import { statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { storeError } from '../database/failure.ts';
import { createOutboxRows, type OutboxRows } from '../database/outbox.ts';
import type { OutboxFile } from '../types.ts';
import type { OutboxReader } from './outbox-reader.ts';

interface Opened {
  readonly database: DatabaseSync;
  readonly rows: OutboxRows;
  readonly inode: number;
}

/** Reads the embedded store beside the thread that writes it. A file that was set aside and begun anew is another file:
 *  it is opened anew. */
export function createFileReader({ path, busyTimeoutMs, content }: OutboxFile): OutboxReader {
  let opened: Opened | undefined;
  const close = (): void => {
    opened?.database.close();
    opened = undefined;
  };
  const open = (): Opened => {
    const inode = statSync(path).ino;
    if (opened?.inode === inode) return opened;
    close();
    const database = new DatabaseSync(path, { readOnly: true, timeout: busyTimeoutMs });
    opened = { database, rows: createOutboxRows(database, content), inode };
    return opened;
  };
  return {
    async take(query) {
      try {
        return open().rows.take(query);
      } catch (error) {
        close();
        throw storeError(error, `cannot read the outbox in ${path}`);
      }
    },
    close: async () => close(),
  };
}
