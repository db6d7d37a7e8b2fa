import { getCACertificates } from 'node:tls';

/** The authorities of a connection that trusts some beside the usual ones: Node's own, and those that `NODE_EXTRA_CA_CERTS`
 *  and Node's flags add. The `ca` of TLS stands in place of them all.
 *  @param authorities - one or more, as PEM */
export function besideUsualAuthorities(authorities: string): string[] {
  return [...getCACertificates('default'), authorities];
}
