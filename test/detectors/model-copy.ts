import { createHash } from 'node:crypto';
import { cp, link, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

const MODEL = 'models/default';

/** A copy of the embedded featureset whose files may be replaced; unchanged files are links. */
export interface ModelCopy {
  readonly path: string;
  /** Puts other bytes in a file's place; the manifest keeps its old digest. */
  replace(name: string, change: (bytes: Buffer) => Buffer): Promise<void>;
  /** The same, and the manifest is made to agree. */
  replaceAndSign(name: string, change: (bytes: Buffer) => Buffer): Promise<void>;
}

/** Makes a copy that is removed after the test. */
export async function copyModel(t: TestContext): Promise<ModelCopy> {
  const path = await mkdtemp(join(tmpdir(), 'telltale-model-'));
  t.after(() => rm(path, { recursive: true }));
  for (const name of await readdir(MODEL)) {
    const from = join(MODEL, name);
    await link(from, join(path, name)).catch(() => cp(from, join(path, name)));
  }
  const replace = async (name: string, change: (bytes: Buffer) => Buffer) => {
    const bytes = change(await readFile(join(path, name)));
    await rm(join(path, name));
    await writeFile(join(path, name), bytes);
    return bytes;
  };
  return {
    path,
    replace: async (name, change) => void (await replace(name, change)),
    replaceAndSign: async (name, change) => {
      const bytes = await replace(name, change);
      await replace('manifest.json', (text) => {
        const manifest = JSON.parse(text.toString()) as { files: Record<string, unknown> };
        const sha256 = createHash('sha256').update(bytes).digest('hex');
        manifest.files[name] = { bytes: bytes.length, sha256 };
        return Buffer.from(JSON.stringify(manifest));
      });
    },
  };
}

/** A change of the manifest as data. */
export function edit(change: (manifest: Record<string, unknown>) => void): (bytes: Buffer) => Buffer {
  return (bytes) => {
    const manifest = JSON.parse(bytes.toString()) as Record<string, unknown>;
    change(manifest);
    return Buffer.from(JSON.stringify(manifest));
  };
}
