import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { type Dispatcher, EnvHttpProxyAgent, Pool } from 'undici';
import { besideUsualAuthorities } from '../../alerts/index.ts';
import type { Config } from '../config/schema.ts';
import { GatewayError } from '../gateway-error.ts';

/** What one upstream may be told, without its address. */
export type UpstreamSettings = Omit<Config['upstream'], 'url'>;

/** Connections to one origin, through the proxy that is for it where there is one.
 *  @throws {GatewayError} START_FAILED when its certificates cannot be read */
export function openDispatcher(
  origin: string,
  settings: UpstreamSettings,
  proxy: Config['proxy'],
): Dispatcher {
  const ca = certificatesOf(settings);
  const options = {
    connections: settings.max_connections,
    pipelining: 1,
    allowH2: false,
    connect: { timeout: settings.connect_timeout_ms, ...ca },
    // The wait for the first byte has a timer of its own, which counts the wait for a free connection too.
    headersTimeout: 0,
    bodyTimeout: settings.idle_timeout_ms,
  };
  const isSecure = origin.startsWith('https:');
  const via = isSecure ? proxy.https : proxy.http;
  if (via === null) return new Pool(origin, options);
  const through = isSecure ? { httpsProxy: via, httpProxy: '' } : { httpProxy: via, httpsProxy: '' };
  return new EnvHttpProxyAgent({
    ...options,
    ...through,
    noProxy: proxy.bypass,
    requestTls: { timeout: settings.connect_timeout_ms, ...ca },
  });
}

/** The same for what undici cannot send: a connection for each request.
 *  @throws {GatewayError} START_FAILED when its certificates cannot be read */
export function openAgent(origin: string, settings: UpstreamSettings, proxy: Config['proxy']): http.Agent {
  const through = {
    ...(proxy.http !== null && { HTTP_PROXY: proxy.http }),
    ...(proxy.https !== null && { HTTPS_PROXY: proxy.https }),
    NO_PROXY: proxy.bypass,
  };
  const options = { maxSockets: settings.max_connections, proxyEnv: through };
  return origin.startsWith('https:')
    ? new https.Agent({ ...options, ...certificatesOf(settings) })
    : new http.Agent(options);
}

function certificatesOf({ ca_file: file }: UpstreamSettings): { ca?: string[] } {
  return file === null ? {} : { ca: besideUsualAuthorities(readCertificates(file)) };
}

function readCertificates(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const message = `the upstream's certificates (ca_file) cannot be read: ${(cause as Error).message}`;
    throw new GatewayError('START_FAILED', message, { fields: { file }, cause });
  }
}
