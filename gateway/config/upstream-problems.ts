import { isDeepStrictEqual } from 'node:util';
import type { Contradiction, Look } from './contradiction.ts';
import { EVERYWHERE } from './everywhere.ts';
import type { Config } from './schema.ts';

const LOCAL = ['localhost', '127.0.0.1', '::1', ...EVERYWHERE];

/** Upstreams that can only be meant otherwise: the gateway itself, names given twice, and those that no request reaches. */
export function upstreamProblems({
  server,
  upstream,
  upstreams,
}: Pick<Config, 'server' | 'upstream' | 'upstreams'>): Look[] {
  return [
    upstream.url !== null && isItself(upstream.url, server) && itself(['upstream', 'url']),
    ...upstreams.flatMap((one, index): Look[] => {
      const earlier = upstreams.slice(0, index);
      const taker = earlier.find((other) => takesAllOf(other, one));
      const namesake = earlier.findIndex(({ name }) => name === one.name);
      return [
        isItself(one.url, server) && itself(['upstreams', index, 'url']),
        namesake !== -1 && {
          path: ['upstreams', index, 'name'],
          message: 'another upstream has this name',
          beside: ['upstreams', namesake, 'name'],
        },
        taker !== undefined && {
          path: ['upstreams', index],
          message: `no request reaches it, since ${JSON.stringify(taker.name)} stands before it and takes all that it is for`,
        },
      ];
    }),
  ];
}

function itself(path: readonly PropertyKey[]): Contradiction {
  return { path, message: 'the gateway itself listens there, and would send each request to itself again' };
}

/** Whether a URL leads to where the gateway listens, as far as one sees without asking names. */
function isItself(url: string, { host, port }: Config['server']): boolean {
  const { hostname, port: given, protocol } = new URL(url);
  if (port === 0 || protocol !== 'http:' || Number(given || 80) !== port) return false;
  const own = LOCAL.includes(host) ? LOCAL : [host];
  // An address of IPv6 stands in brackets in a URL, and in a setting without.
  return own.includes(hostname.replace(/^\[(.*)\]$/, '$1'));
}

type Entry = Config['upstreams'][number];

/** Whether the first of two upstreams leaves the second nothing. */
function takesAllOf(first: Entry, second: Entry): boolean {
  if ((first.mount ?? '') !== (second.mount ?? '')) return false;
  const wanted = Object.values(first.match ?? {}).filter((value) => value !== undefined);
  return wanted.length === 0 || isDeepStrictEqual(first.match, second.match);
}
