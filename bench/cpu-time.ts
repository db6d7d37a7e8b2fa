/** Milliseconds of processor of all threads of the process, so that a busy machine shows in no figure. */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
