import { createHash } from 'node:crypto';

/** What the store keeps of whom an exchange is about: a hash of the name that the caller gave its user, the same for
 *  every dialect, on every gateway and on the command line. It has no key, since several gateways share a store: whoever
 *  has the store can try names out. */
export function subjectId(name: string): string {
  const hash = createHash('sha256').update('telltale subject\0').update(name);
  return `s-${hash.digest('base64url').slice(0, 22)}`;
}
