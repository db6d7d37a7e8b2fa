import { z } from 'zod';
import { caFile } from './ca-file.ts';
import { count, milliseconds } from './numbers.ts';

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
  key_env: z
    .string()
    .regex(/^[A-Za-z_]\w*$/, 'must be the name of an environment variable')
    .nullable()
    .default(null)
    .describe(
      "The environment variable that holds the key sent in place of the caller's; null passes the caller's on.",
    ),
  key_header: headerName
    .default('authorization')
    .describe('Where that key is put; in `authorization` it is put after `Bearer`.'),
  ca_file: caFile,
  max_connections: count.default(256).describe('The most connections to it at once.'),
  connect_timeout_ms: milliseconds.default(5_000).describe('How long a connection may take.'),
  first_byte_timeout_ms: milliseconds.default(120_000).describe('How long the answer may take to begin.'),
  idle_timeout_ms: milliseconds
    .default(60_000)
    .describe('The longest silence between two pieces of an answer.'),
};

/** The upstream of every request that no other is for. */
export const upstream = z.strictObject({
  url: httpUrl
    .nullable()
    .default(null)
    .describe(
      "Scheme, host and, if need be, a path; the request's path is appended. Null starts the demo upstream, where no other upstream is named.",
    ),
  ...settings,
});

/** Which requests an upstream is for: all that is said must hold. */
const match = z
  .strictObject({
    path: mountPath.optional().describe("The request's path begins with it, in whole parts."),
    headers: z.record(headerName, z.string()).optional().describe('Headers that have these values.'),
    model: z
      .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
      .optional()
      .describe('The model that the body names; `*` stands for any text.'),
  })
  .refine((given) => Object.keys(given).length > 0, 'must say path, headers or model');

/** One of several upstreams; the first that is for a request gets it. What is left out is as of `upstream`, but for
 *  its key. */
const oneOfSeveral = z
  .strictObject({
    name: z.string().min(1).describe('For people, in errors.'),
    url: httpUrl.describe('Scheme, host and, if need be, a path.'),
    mount: mountPath
      .optional()
      .describe(
        "Offered below this path, which is taken off: `/anthropic` makes `/anthropic/v1` a client's base URL.",
      ),
    match: match.optional(),
    key_env: settings.key_env
      .unwrap()
      .optional()
      .describe(
        "The environment variable that holds the key sent in place of the caller's; without one the caller's is passed on, whatever key `upstream` has.",
      ),
    key_header: settings.key_header.unwrap().optional().describe('As of `upstream`.'),
    ca_file: settings.ca_file.unwrap().optional().describe('As of `upstream`.'),
    max_connections: settings.max_connections.unwrap().optional().describe('As of `upstream`.'),
    connect_timeout_ms: milliseconds.optional().describe('As of `upstream`.'),
    first_byte_timeout_ms: milliseconds.optional().describe('As of `upstream`.'),
    idle_timeout_ms: milliseconds.optional().describe('As of `upstream`.'),
  })
  .refine(({ mount, match: given }) => mount !== undefined || given !== undefined, {
    message: 'must have a mount or a match, else no request is for it',
  });

export const upstreams = z.array(oneOfSeveral).default([]);

/** Proxies on the way to upstreams, as HTTP_PROXY, HTTPS_PROXY and NO_PROXY name them. */
export const proxy = z.strictObject({
  http: httpUrl.nullable().default(null).describe('For upstreams at http: addresses.'),
  https: httpUrl.nullable().default(null).describe('For upstreams at https: addresses, through CONNECT.'),
  bypass: z
    .string()
    .default('')
    .describe('Hosts that are reached without a proxy: `a.example,.b.example:8443`.'),
});
