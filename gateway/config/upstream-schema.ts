import { z } from 'zod';

const milliseconds = z.int().min(1).max(86_400_000);
/** The name of an HTTP header. */
export const headerName = z
  .string()
  .regex(/^[a-z0-9!#$%&'*+.^_`|~-]+$/, 'must be the name of a header in lower case');
const mountPath = z
  .string()
  .regex(/^(\/[\w.~-]+)+$/, 'must begin with / and not end with it, of letters, digits and . _ ~ -');

/** An address that HTTP reaches. */
export const httpUrl = z.url({ protocol: /^https?$/, error: 'must be an http or https URL' });

/** What every upstream may be told. */
const settings = {
  /** The environment variable that holds the key sent in place of the caller's; null passes the caller's on. */
  key_env: z
    .string()
    .regex(/^[A-Za-z_]\w*$/, 'must be the name of an environment variable')
    .nullable()
    .default(null),
  /** Where that key is put; in `authorization` it is put after `Bearer`. */
  key_header: headerName.default('authorization'),
  /** Certificates in PEM that are trusted beside the usual ones. */
  ca_file: z.string().min(1).nullable().default(null),
  max_connections: z.int().min(1).max(1_000_000).default(256),
  connect_timeout_ms: milliseconds.default(5_000),
  first_byte_timeout_ms: milliseconds.default(120_000),
  /** The longest silence between two pieces of an answer. */
  idle_timeout_ms: milliseconds.default(60_000),
};

/** The upstream of every request that no other is for. */
export const upstream = z.strictObject({
  /** Scheme, host and, if need be, a path; the request's path is appended. Null starts the demo upstream, where no
   *  other upstream is named. */
  url: httpUrl.nullable().default(null),
  ...settings,
});

/** Which requests an upstream is for: all that is said must hold. */
const match = z
  .strictObject({
    /** The request's path begins with it, in whole parts. */
    path: mountPath.optional(),
    /** Headers that have these values. */
    headers: z.record(headerName, z.string()).optional(),
    /** The model that the body names; `*` stands for any text. */
    model: z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]).optional(),
  })
  .refine((given) => Object.keys(given).length > 0, 'must say path, headers or model');

/** One of several upstreams; the first that is for a request gets it. What is left out is as of `upstream`. */
const oneOfSeveral = z
  .strictObject({
    /** For people, in errors. */
    name: z.string().min(1),
    url: httpUrl,
    /** Offered below this path, which is taken off: `/anthropic` makes `/anthropic/v1` a client's base URL. */
    mount: mountPath.optional(),
    match: match.optional(),
    key_env: settings.key_env.unwrap().optional(),
    key_header: settings.key_header.unwrap().optional(),
    ca_file: settings.ca_file.unwrap().optional(),
    max_connections: settings.max_connections.unwrap().optional(),
    connect_timeout_ms: milliseconds.optional(),
    first_byte_timeout_ms: milliseconds.optional(),
    idle_timeout_ms: milliseconds.optional(),
  })
  .refine(({ mount, match: given }) => mount !== undefined || given !== undefined, {
    message: 'must have a mount or a match, else no request is for it',
  });

export const upstreams = z.array(oneOfSeveral).default([]);

/** Proxies on the way to upstreams, as HTTP_PROXY, HTTPS_PROXY and NO_PROXY name them. */
export const proxy = z.strictObject({
  /** For upstreams at http: addresses. */
  http: httpUrl.nullable().default(null),
  /** For upstreams at https: addresses, through CONNECT. */
  https: httpUrl.nullable().default(null),
  /** Hosts that are reached without a proxy: `a.example,.b.example:8443`. */
  bypass: z.string().default(''),
});
