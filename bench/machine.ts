import { availableParallelism, cpus } from 'node:os';

/** What a bench ran on, as it stands beside its figures. */
export function machine() {
  return { cpu: cpus()[0]?.model ?? 'unknown', cores: availableParallelism(), node: process.version };
}
