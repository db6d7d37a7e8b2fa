import { z } from 'zod';
import { caFile } from './ca-file.ts';

/** Where a secret is. */
export const variable = z.string().regex(/^[A-Za-z_]\w*$/, 'must be the name of an environment variable');

/** TLS to the brokers. */
export const tls = z.strictObject({
  enabled: z.boolean().default(false).describe('Where only certificates are given, TLS is on too.'),
  ca_file: caFile,
  cert_file: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe("The client's own certificate, for brokers that ask for one; it comes with `key_file`."),
  key_file: z.string().min(1).nullable().default(null).describe("The certificate's key, as PEM."),
});

/** Who connects, to brokers that ask. */
export const sasl = z.strictObject({
  mechanism: z
    .enum(['none', 'plain', 'scram-sha-256', 'scram-sha-512'])
    .default('none')
    .describe('How the client says who it is; it comes with name and password, and they with it.'),
  username: z.string().default('').describe('The name that goes with the password.'),
  password_env: variable
    .nullable()
    .default(null)
    .describe('The environment variable that holds the password.'),
});

/** One of the cluster. */
export const broker = z.string().regex(/^[^\s:]+:\d+$/, 'must be host:port');
