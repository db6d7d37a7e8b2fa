import { mkdir, open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

/** For the owner alone: what is counted is named by what callers sent. */
const PRIVATE = 0o600;

/** Writes a file of state to the disk, whole or not at all: a reader sees the old one or the new one. */
export async function replaceState(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const next = `${path}.next`;
  const file = await open(next, 'w', PRIVATE);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(next, path);
}
