import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** Copies the shipped rules into a folder of their own, all in one mode; `off` is a gateway without rules.
 *  @returns the new folder's path */
export function rulesIn(folder: string, mode: 'off' | 'flag' | 'enforce'): string {
  const shipped = resolve(import.meta.dirname, '../../rules/shipped');
  const copy = join(folder, mode);
  mkdirSync(copy);
  for (const name of readdirSync(shipped).filter((file) => file.endsWith('.yaml'))) {
    const text = readFileSync(join(shipped, name), 'utf8');
    writeFileSync(join(copy, name), text.replaceAll(/^( +mode:) .*$/gm, `$1 ${mode}`));
  }
  return copy;
}
