import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { isAlive, untilGone } from './is-alive.ts';
import { type ServiceCommand, startService } from './service-process.ts';

const idle = (script: string): ServiceCommand => ({
  command: process.execPath,
  args: ['-e', script],
  readyWhen: /ready/,
  readyTimeoutMs: 60_000,
});
const READY = "setInterval(() => {}, 1000); console.log('ready');";

test('a service is ready when it says so, and is gone after stop', async () => {
  const service = await startService(idle(READY));
  assert.equal(service.output(), 'ready\n');
  await service.stop();
  assert.deepEqual([service.isRunning(), isAlive(service.pid)], [false, false]);
});

test('a service that ignores SIGTERM is killed after its grace', async () => {
  const service = await startService(idle(`process.on('SIGTERM', () => {}); ${READY}`));
  await service.stop(200);
  assert.equal(isAlive(service.pid), false);
});

const failures: [name: string, command: ServiceCommand, message: RegExp][] = [
  [
    'ends first',
    idle("console.error('port taken'); process.exit(1)"),
    /ended before it was ready.*port taken/s,
  ],
  ['says nothing', { ...idle('setInterval(() => {}, 1000)'), readyTimeoutMs: 300 }, /not ready after 300 ms/],
  ['does not exist', { ...idle(''), command: '/no/such/program' }, /ENOENT/],
];
for (const [name, command, message] of failures) {
  test(`a service that ${name} is an error with what it printed`, async () => {
    await assert.rejects(startService(command), message);
  });
}

test('a service dies with a test process that is ended by SIGTERM', async () => {
  const owner = spawn(process.execPath, [`${import.meta.dirname}/samples/owner.ts`]);
  let pid = 0;
  for await (const line of createInterface({ input: owner.stdout })) {
    pid = Number(line);
    break;
  }
  assert.ok(pid > 0 && isAlive(pid));
  const closed = once(owner, 'close');
  owner.kill('SIGTERM');
  owner.stdout.resume();
  await closed;
  await untilGone([pid]);
});
