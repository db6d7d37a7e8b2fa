import type { UpstreamFailure } from './create-upstream.ts';

/** What broke a request, or its answer in the middle. */
export function upstreamFailure(error: unknown, abortSignal: AbortSignal): UpstreamFailure {
  if (abortSignal.aborted) return { outcome: 'aborted', message: 'the request was given up' };
  const { code = '', message = String(error) } = error as { code?: string; message?: string };
  return { outcome: OUTCOMES[code] ?? 'cut', message: code === '' ? message : `${message} (${code})` };
}

const OUTCOMES: Readonly<Record<string, UpstreamFailure['outcome']>> = {
  UND_ERR_CONNECT_TIMEOUT: 'timeout',
  UND_ERR_HEADERS_TIMEOUT: 'timeout',
  UND_ERR_BODY_TIMEOUT: 'timeout',
  ECONNREFUSED: 'refused',
  ENOTFOUND: 'refused',
  EAI_AGAIN: 'refused',
  EHOSTUNREACH: 'refused',
  ENETUNREACH: 'refused',
  CERT_HAS_EXPIRED: 'refused',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'refused',
  SELF_SIGNED_CERT_IN_CHAIN: 'refused',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'refused',
  ERR_TLS_CERT_ALTNAME_INVALID: 'refused',
};
