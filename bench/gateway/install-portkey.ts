import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

const FOLDER = resolve(import.meta.dirname, 'portkey');

/** Installs Portkey's gateway beside this file, at the versions of its lock file; it is no dependency of Telltale's, which
 *  would be installed by everybody. */
export function installPortkey(): void {
  if (existsSync(join(FOLDER, 'node_modules/@portkey-ai/gateway/package.json'))) return;
  process.stderr.write('installing @portkey-ai/gateway for the comparison\n');
  execFileSync('npm', ['ci', '--ignore-scripts', '--prefix', FOLDER], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}
