import { createHmac, type KeyObject } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { credentialOf } from './credential.ts';
import type { TrustedHops } from './trusted-hops.ts';

/** Whose request it is, as far as that is known. */
export interface Identity {
  /** What a trusted hop names the caller, else a keyed hash of the API key; null where there is neither. */
  readonly caller: string | null;
  readonly tenant: string | null;
}

export interface IdentityParts {
  readonly key: KeyObject;
  /** Where nobody is trusted, everybody says their tenant. */
  readonly hops: TrustedHops;
  /** In lower case. */
  readonly callerHeader: string;
  /** Told of a header that somebody sent who is not trusted with it. */
  readonly onIgnored: (header: 'caller' | 'tenant') => void;
}

export type Identify = (request: Pick<IncomingMessage, 'headers' | 'socket' | 'url'>) => Identity;

const TENANT_HEADER = 'x-telltale-tenant';

/** Says who a request is from. An API key is hashed and goes nowhere else. */
export function createIdentify(parts: IdentityParts): Identify {
  const { key, hops, callerHeader, onIgnored } = parts;
  return (request) => {
    const isTrusted = hops.includes(request.socket.remoteAddress);
    const said = (name: string, header: 'caller' | 'tenant', isTaken: boolean): string | null => {
      const value = single(request.headers[name]);
      if (value !== null && !isTaken) onIgnored(header);
      return isTaken ? value : null;
    };
    return {
      caller: callerId(key, said(callerHeader, 'caller', isTrusted), credentialOf(request)),
      tenant: said(TENANT_HEADER, 'tenant', isTrusted || hops.isEmpty),
    };
  };
}

/** What is no plain name is hashed too: it may be anything. */
function callerId(key: KeyObject, named: string | null, credential: string | undefined): string | null {
  if (named !== null && /^[\x21-\x7e]{1,128}$/.test(named)) return named;
  const secret = named ?? credential ?? null;
  if (secret === null) return null;
  const hash = createHmac('sha256', key)
    .update(named === null ? 'key:' : 'name:')
    .update(secret);
  return `k-${hash.digest('base64url').slice(0, 22)}`;
}

function single(header: string | readonly string[] | undefined): string | null {
  return typeof header === 'string' && header !== '' ? header : null;
}
