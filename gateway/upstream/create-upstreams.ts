import type { IncomingHttpHeaders } from 'node:http';
import type { Config } from '../config/schema.ts';
import type { Logger } from '../telemetry/index.ts';
import { createUpstream, type Upstream, type UpstreamParts } from './create-upstream.ts';
import { matches } from './match.ts';
import { ownKey } from './own-key.ts';
import { watchOutages } from './watch-outages.ts';

/** What is known of a request when its upstream is chosen. */
export interface Wanted {
  /** The path below which it came, of an upstream that is offered there; else empty. */
  readonly mount: string;
  /** Path and query without the mount. */
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
  /** Null where the body names none. */
  readonly model: string | null;
}

/** All upstreams, and which requests they are for. */
export interface Upstreams {
  /** Paths below which the gateway's own are offered again. */
  readonly mounts: readonly string[];
  /** The first upstream that is for the request, else the one for all; null where there is none. */
  choose(wanted: Wanted): Upstream | null;
  close(): Promise<void>;
}

export interface UpstreamsParts {
  readonly config: Pick<Config, 'upstream' | 'upstreams' | 'proxy'>;
  /** In place of `upstream.url` where that is null; it is reached without a proxy. */
  readonly demoUrl: string | null;
  /** Where keys are. */
  readonly env: NodeJS.ProcessEnv;
  readonly log: Logger;
}

const NO_PROXY = { http: null, https: null, bypass: '' };

/** Opens every upstream of the configuration.
 *  @throws {GatewayError} START_FAILED when certificates cannot be read */
export function createUpstreams({ config, demoUrl, env, log }: UpstreamsParts): Upstreams {
  const { url: usualUrl, ...usual } = config.upstream;
  const open = (parts: UpstreamParts) => watchOutages(createUpstream(parts), parts.name, log);
  const keyOf = ({ key_env: variable, key_header: header }: typeof usual) =>
    variable === null ? null : ownKey(header, env[variable] ?? '');
  const several = config.upstreams.map(({ name, url, mount = '', match = null, ...own }) => {
    const settings = { ...usual, key_env: null, ...definedOf(own) };
    const key = keyOf(settings);
    return { mount, match, upstream: open({ name, url, settings, key, proxy: config.proxy }) };
  });
  const base = usualUrl ?? demoUrl;
  const fallback =
    base === null
      ? null
      : open({
          name: 'upstream',
          url: base,
          settings: usual,
          key: keyOf(usual),
          proxy: usualUrl === null ? NO_PROXY : config.proxy,
        });
  return {
    mounts: [...new Set(several.map(({ mount }) => mount))].filter((mount) => mount !== ''),
    choose(wanted) {
      const own = several.find(({ mount, match }) => mount === wanted.mount && matches(match, wanted));
      return own?.upstream ?? (wanted.mount === '' ? fallback : null);
    },
    async close() {
      const all = [...several.map(({ upstream }) => upstream), ...(fallback === null ? [] : [fallback])];
      await Promise.all(all.map((upstream) => upstream.close()));
    },
  };
}

/** Without the properties that are there and undefined. */
function definedOf<T extends object>(own: T): { [Key in keyof T]?: Exclude<T[Key], undefined> } {
  return Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined)) as never;
}
