import { BlockList, isIP, isIPv6 } from 'node:net';

/** The hops before the gateway whose word on identity is taken. */
export interface TrustedHops {
  /** Whether nobody at all is trusted. */
  readonly isEmpty: boolean;
  /** @param address - of the connection's other end; an IPv4 address may be written as IPv6 has it */
  includes(address: string | undefined): boolean;
}

/** @param hops - addresses and networks, each of which `isHop` takes */
export function createTrustedHops(hops: readonly string[]): TrustedHops {
  const list = new BlockList();
  for (const hop of hops) {
    const [address = '', prefix] = hop.split('/');
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    if (prefix === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(prefix), family);
  }
  const isEmpty = hops.length === 0;
  return {
    isEmpty,
    includes: (address) =>
      !isEmpty &&
      address !== undefined &&
      isIP(address) !== 0 &&
      list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4'),
  };
}

/** Whether a text is an address such as `10.0.0.7` or `::1`, or a network such as `10.0.0.0/8`. */
export function isHop(text: string): boolean {
  const [address = '', prefix, ...more] = text.split('/');
  const version = isIP(address);
  // With a zone an address is one of some interface, which a list cannot hold.
  if (version === 0 || address.includes('%') || more.length > 0) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (version === 6 ? 128 : 32));
}
