import { z } from 'zod';
import { bytes, count, port } from './numbers.ts';
import { httpUrl } from './upstream-schema.ts';

/** Where clients' requests are taken. */
export const server = z.strictObject({
  host: z
    .string()
    .min(1)
    .default('127.0.0.1')
    .describe(
      'Loopback unless told otherwise: a gateway without authentication of its own is not offered to the network.',
    ),
  port: port.default(8080).describe('0 takes any free port.'),
  prefix: z
    .string()
    .regex(/^(\/[\w.~-]+)*$/, 'must be empty or begin with / and not end with it')
    .default('/v1')
    .describe("What stands before the dialects' paths."),
  max_header_bytes: bytes
    .default(16_384)
    .describe("The most bytes of a request's headers together; above it the answer is 431."),
  max_headers: count.default(100).describe('The most headers of a request; above it the answer is 431.'),
  reuse_port: z
    .boolean()
    .default(false)
    .describe(
      'Lets another gateway listen on the same port beside this one (SO_REUSEPORT). At a stop this one takes no more connections, and answers what still comes on those that it has.',
    ),
});

/** The page on which people read what was flagged. */
export const review = z.strictObject({
  host: z.string().min(1).default('127.0.0.1').describe('Where the review page listens.'),
  port: port.default(8081).describe('0 takes any free port.'),
  allowed_hosts: z
    .array(z.string().min(1))
    .default([])
    .describe(
      'Names beside loopback and the host itself under which the page may be opened, behind a proxy for example.',
    ),
  url: httpUrl
    .nullable()
    .default(null)
    .describe(
      'Where people open the page, for the links in alerts; null is host and port. Gateways that share a database name the same, so that an alert is the same whoever delivers it.',
    ),
});

/** Metrics for Prometheus. */
export const metrics = z.strictObject({
  host: z.string().min(1).default('127.0.0.1').describe('Where Prometheus reads /metrics.'),
  port: port.default(9464).describe('0 takes any free port.'),
});
