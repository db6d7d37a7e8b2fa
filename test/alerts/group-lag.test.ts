import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { test } from 'node:test';
import { openGroupSession } from '../../alerts/exchange-topic/group-session.ts';
import { cleanUp } from './cleanup.ts';

test('how far a group is behind is asked again where no broker answered before', async (t) => {
  let connections = 0;
  const broker = createServer((socket) => {
    connections += 1;
    socket.destroy();
  });
  await once(broker.listen(0, '127.0.0.1'), 'listening');
  cleanUp(t, () => broker.close());
  const session = openGroupSession({
    topic: {
      brokers: [`127.0.0.1:${(broker.address() as AddressInfo).port}`],
      clientId: 'test',
      requestTimeoutMs: 10_000,
      tls: null,
      sasl: null,
      topic: 'exchanges',
      canCreateTopic: false,
      compression: 'none',
      maxMessageBytes: 1000,
    },
    groupId: 'group',
    concurrency: 1,
    sessionTimeoutMs: 30_000,
    handle: async () => {},
    onJoined: () => {},
  });
  cleanUp(t, () => session.giveUp());
  await assert.rejects(session.lag());
  const before = connections;
  await assert.rejects(session.lag());
  assert.ok(connections > before, `${connections} connections, ${before} of them before`);
});
