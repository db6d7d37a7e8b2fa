import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { type TestContext, test } from 'node:test';
import { closedUrl, freePorts } from './free-ports.ts';
import { leasePort } from './port-lease.ts';

async function listen(t: TestContext, port: number): Promise<Server> {
  const server = createServer();
  t.after(() => server.close());
  await once(server.listen(port, '127.0.0.1'), 'listening');
  return server;
}

/** Whether another process gets a port of its own. */
function isLeasedElsewhere(port: number): boolean {
  const script = `const { leasePort } = await import(${JSON.stringify(import.meta.resolve('./port-lease.ts'))});
    process.exitCode = leasePort(${port}) ? 0 : 3;`;
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
  });
  assert.ok(status === 0 || status === 3, stderr);
  return status === 0;
}

test('ports can be listened on, and none is given twice', async (t) => {
  const ports = [...(await freePorts(4)), ...(await freePorts(3))];
  assert.equal(new Set(ports).size, 7);
  for (const port of ports) await listen(t, port);
});

test('a port is one process’s own as long as that runs, and is left by one that has ended', async () => {
  const [port = 0] = await freePorts(1);
  assert.equal(isLeasedElsewhere(port), false);
  assert.equal(leasePort(port), false, 'not twice by the same one either');
  // No port at all, so that nobody else asks for it.
  const other = 100_000 + process.pid;
  assert.equal(isLeasedElsewhere(other), true);
  assert.equal(leasePort(other), true);
});

test('nothing answers at a closed address', async () => {
  await assert.rejects(fetch(await closedUrl()), (error: Error) => /ECONNREFUSED/.test(`${error.cause}`));
});
