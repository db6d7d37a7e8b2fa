import { z } from 'zod';

/** Whom a connection over TLS trusts, whatever it goes to. */
export const caFile = z
  .string()
  .min(1)
  .nullable()
  .default(null)
  .describe(
    "Authorities as PEM, trusted beside the usual ones: Node's own and those of `NODE_EXTRA_CA_CERTS`.",
  );
