import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Client } from 'pg';
import { type PostgresServer, startPostgres } from './postgres.ts';

let server: PostgresServer;

before(async () => {
  server = await startPostgres();
});
after(() => server?.close());

async function ask(url: string, sql: string): Promise<unknown> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return Object.values((await client.query(sql)).rows[0] ?? {})[0];
  } finally {
    await client.end();
  }
}

test('each database is empty and of its own', async () => {
  const [one, two] = [await server.createDatabase(), await server.createDatabase()];
  await ask(one, 'CREATE TABLE t (x int)');
  await assert.rejects(ask(two, 'SELECT count(*) FROM t'), /does not exist/);
});

test('what was committed is there after a kill and a restart, under the same address', async () => {
  const url = await server.createDatabase();
  await ask(url, 'CREATE TABLE t AS SELECT 42 AS x');
  await server.kill();
  await assert.rejects(ask(url, 'SELECT 1'), /ECONNREFUSED/);
  await server.restart();
  assert.equal(await ask(url, 'SELECT x FROM t'), 42);
});
