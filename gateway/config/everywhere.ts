/** Hosts that stand for all addresses of a machine. */
export const EVERYWHERE: readonly string[] = ['0.0.0.0', '::'];
