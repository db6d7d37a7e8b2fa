import { test } from 'node:test';
import { holdsThrough } from './short-campaign.ts';

test('through faults of replicas, their database and the broker nothing acknowledged is lost', async (t) => {
  const own = { gateway_killed: 1, gateway_restarted: 1, database_killed: 1 };
  await holdsThrough(t, 'PostgreSQL', { ...own, broker_killed: 1, connections_cut: 1 });
});
