import { CREDENTIAL_HEADERS } from '../conversation/credential.ts';
import { keptHeaders, type RawHeaders } from './headers.ts';

/** The key that is sent in place of the caller's. */
export interface OwnKey {
  readonly header: string;
  readonly value: string;
}

/** @param key - `authorization` carries it after `Bearer` */
export function ownKey(header: string, key: string): OwnKey {
  return { header, value: header === 'authorization' ? `Bearer ${key}` : key };
}

/** The headers with this key and without any of the caller's. */
export function withOwnKey(headers: RawHeaders, key: OwnKey): string[] {
  return [...withoutCallersKey(headers, key), key.header, key.value];
}

/** Headers or trailers without the caller's key, wherever an upstream might look for one. */
export function withoutCallersKey(raw: RawHeaders, { header }: OwnKey): string[] {
  return keptHeaders(raw, (name) => name !== header && !CREDENTIAL_HEADERS.has(name));
}

/** The target without the key that Google's API takes in the query; all else stays as it came. */
export function withoutKey(target: string): string {
  const at = target.indexOf('?');
  if (at === -1) return target;
  const query = target.slice(at + 1).split('&');
  const kept = query.filter((pair) => decoded(pair.split('=', 1)[0] ?? '') !== 'key');
  if (kept.length === query.length) return target;
  return kept.length === 0 ? target.slice(0, at) : `${target.slice(0, at)}?${kept.join('&')}`;
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
