import { startService } from '../service-process.ts';

/** A process that owns a service, prints the service's pid, and goes on until it is ended. */
const service = await startService({
  command: process.execPath,
  args: ['-e', "setInterval(() => {}, 1000); console.log('ready');"],
  readyWhen: /ready/,
  readyTimeoutMs: 60_000,
});
process.stdout.write(`${service.pid}\n`);
