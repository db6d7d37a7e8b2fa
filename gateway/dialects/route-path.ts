import type { DialectRoute } from './dialect.ts';

/** The path of a route below a prefix; a version of the route's own stands in place of the prefix's.
 *  @example routePath('/proxy/v1', { path: '/models', version: 'v1beta' }) // '/proxy/v1beta/models' */
export function routePath(prefix: string, { path, version }: Pick<DialectRoute, 'path' | 'version'>): string {
  if (version === undefined) return `${prefix}${path}`;
  return `${prefix.replace(/\/v\d[\w.-]*$/, '')}/${version}${path}`;
}
