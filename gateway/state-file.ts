import { hash } from 'node:crypto';
import { mkdir, open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Logger } from './telemetry/index.ts';

/** For the owner alone: what is counted is named by what callers sent. */
const PRIVATE = 0o600;

/** Writes a file of state to the disk, whole or not at all: a reader sees the old one or the new one. */
async function replaceState(path: string, text: string): Promise<void> {
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

export interface StateWriterParts<State> {
  readonly path: string;
  readonly log: Pick<Logger, 'error'>;
  /** Said once, until the disk takes the state again. */
  readonly trouble: string;
  readonly textOf: (state: State) => string;
  /** What the file holds already. */
  readonly initial?: State;
}

/** Writes a state where it has changed, one write after another. */
export interface StateWriter<State> {
  /** Never rejects: what the disk refused is written with a later call. */
  write(state: State): Promise<void>;
}

/** @param parts - `initial` absent: what comes first is written in any case */
export function createStateWriter<State>(parts: StateWriterParts<State>): StateWriter<State> {
  const { path, log, trouble, textOf, initial } = parts;
  let written = initial;
  let digest = initial === undefined ? null : digestOf(textOf(initial));
  let isFailing = false;
  let work: Promise<void> = Promise.resolve();

  async function attempt(state: State): Promise<void> {
    if (state === written) return;
    const text = textOf(state);
    const fresh = digestOf(text);
    try {
      if (fresh !== digest) await replaceState(path, text);
      written = state;
      digest = fresh;
      isFailing = false;
    } catch (error) {
      if (!isFailing) log.error(trouble, error, { path });
      isFailing = true;
    }
  }

  return {
    write(state) {
      work = work.then(() => attempt(state));
      return work;
    },
  };
}

/** In place of the text, which may be long. */
function digestOf(text: string): string {
  return hash('sha256', text);
}
