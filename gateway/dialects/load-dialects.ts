import { readdir } from 'node:fs/promises';
import { GatewayError } from '../gateway-error.ts';
import type { Dialect } from './dialect.ts';

/** Every folder beside this file is a dialect, so that adding one touches no other file.
 *  @throws {GatewayError} DIALECT_BROKEN when a folder's index.ts exports no `dialect` or two claim one route */
export async function loadDialects(): Promise<readonly Dialect[]> {
  const entries = await readdir(import.meta.dirname, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  const dialects = await Promise.all(names.sort().map(loadDialect));
  const owners = new Map<string, string>();
  for (const dialect of dialects) {
    for (const { method, path, version = '' } of dialect.routes) {
      const route = `${method} ${version}${path}`;
      const owner = owners.get(route);
      if (owner !== undefined) {
        throw new GatewayError('DIALECT_BROKEN', `${route} is claimed by ${owner} and ${dialect.name}`);
      }
      owners.set(route, dialect.name);
    }
  }
  return dialects;
}

async function loadDialect(name: string): Promise<Dialect> {
  const module = (await import(`./${name}/index.ts`)) as { dialect?: Dialect };
  if (module.dialect === undefined) {
    throw new GatewayError('DIALECT_BROKEN', `dialects/${name}/index.ts exports no dialect`);
  }
  return module.dialect;
}
