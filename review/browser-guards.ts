import type { NextFunction, Request, Response } from 'express';
import { ReviewError } from './review-error.ts';

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  "form-action 'self'",
].join('; ');

const HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy': POLICY,
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), geolocation=(), microphone=()',
};

/** Tells browsers to load nothing from elsewhere, to run nothing inline and to be framed by nobody. */
export function securityHeaders(_request: Request, response: Response, next: NextFunction): void {
  response.set(HEADERS);
  next();
}

/** Serves only under known names: a page elsewhere whose name is rebound to this address is refused.
 *  @param allowed - host names without port, lower case; an IPv6 address in brackets */
export function hostCheck(allowed: ReadonlySet<string>) {
  return (request: Request, _response: Response, next: NextFunction): void => {
    const host = request.headers.host ?? '';
    const name = hostName(host);
    const isAllowed = name !== null && allowed.has(name);
    const known = [...allowed].join(', ');
    const message = `Host ${JSON.stringify(host)} is not served here, only ${known}`;
    next(isAllowed ? undefined : new ReviewError('HOST_REFUSED', message));
  };
}

/** Refuses what another site's page sends with the reader's browser. Programs that are no browser send none of
 *  these headers and pass. */
export function sameOriginOnly(request: Request, _response: Response, next: NextFunction): void {
  const { origin, host } = request.headers;
  const site = request.headers['sec-fetch-site'];
  const isForeignOrigin = origin !== undefined && (!URL.canParse(origin) || new URL(origin).host !== host);
  const isForeignSite = site === 'cross-site' || site === 'same-site';
  const from = isForeignOrigin ? `Origin ${JSON.stringify(origin)}` : `Sec-Fetch-Site ${site}`;
  const refusal = new ReviewError('CROSS_SITE', `${from} may not use the review API`);
  next(isForeignOrigin || isForeignSite ? refusal : undefined);
}

function hostName(host: string): string | null {
  if (!/^[\w.:[\]-]+$/.test(host) || !URL.canParse(`http://${host}`)) return null;
  return new URL(`http://${host}`).hostname;
}
