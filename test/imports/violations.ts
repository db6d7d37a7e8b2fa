import { posix } from 'node:path';

/** The folders of the program, from the one that knows least to the one that knows most. */
export const FOLDERS: readonly string[] = ['detectors', 'rules', 'alerts', 'review', 'gateway'];

const SPECIFIER =
  /(?:^\s*(?:import|export)\b[^;'"`]*?\bfrom\s*|^\s*import\s*|\bimport\(\s*|\bnew URL\(\s*)(['"])([^'"\n]+)\1/gm;

/** Every module that a source text names: static, type-only, side-effect and dynamic imports, re-exports, and
 *  the URLs of workers. */
export function importedModules(source: string): string[] {
  return [...source.matchAll(SPECIFIER)].map((match) => match[2] ?? '');
}

/** What is wrong with the imports of one file, one message each; none when they keep the order.
 *  @param file - path from the repository's root, with forward slashes
 *  @param packages - the names that `dependencies` in package.json allows */
export function findViolations(file: string, source: string, packages: ReadonlySet<string>): string[] {
  return importedModules(source).flatMap((specifier) => {
    const trouble = specifier.startsWith('.')
      ? relativeTrouble(file, specifier)
      : packageTrouble(specifier, packages);
    return trouble === undefined ? [] : [`${file} imports ${specifier}: ${trouble}`];
  });
}

function relativeTrouble(file: string, specifier: string): string | undefined {
  const from = folderOf(file);
  const target = posix.join(posix.dirname(file), specifier);
  const to = folderOf(target);
  if (from === to || target === 'package.json') return undefined;
  const fromRank = FOLDERS.indexOf(from);
  const toRank = FOLDERS.indexOf(to);
  if (toRank === -1) return `${to} is not a folder of the program`;
  if (toRank > fromRank) return `${from} comes before ${to} and may not know it`;
  return target === `${to}/index.ts` ? undefined : `${to} is entered through ${to}/index.ts only`;
}

function packageTrouble(specifier: string, packages: ReadonlySet<string>): string | undefined {
  if (specifier.startsWith('node:') || URL.canParse(specifier)) return undefined;
  const depth = specifier.startsWith('@') ? 2 : 1;
  const name = specifier.split('/').slice(0, depth).join('/');
  return packages.has(name) ? undefined : `${name} is not among the dependencies in package.json`;
}

function folderOf(path: string): string {
  return path.split('/')[0] ?? '';
}
