import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Client } from 'pg';
import { createLedger } from '../../alerts/index.ts';
import { startPostgres } from '../services/postgres.ts';
import { requireProgram } from '../services/system-program.ts';
import { cleanUp, dataFolder } from './cleanup.ts';
import { exchange } from './records.ts';
import { until } from './sinks.ts';

const COMMITS = 20;

/** Calls by which the store's log was brought to the disk while a process made so many commits. */
function tracedSyncs(t: TestContext, commits: number): { syncs: number; transactions: number } {
  const folder = dataFolder(t);
  const trace = join(folder, 'trace');
  const flags = ['-f', '--seccomp-bpf', '-y', '-e', 'trace=fsync,fdatasync', '-o', trace];
  const program = [process.execPath, join(import.meta.dirname, 'counting-process.ts')];
  const { status, stdout, stderr } = spawnSync(
    requireProgram(['strace'], ['strace']),
    [...flags, ...program, join(folder, 'data'), String(commits)],
    { encoding: 'utf8' },
  );
  assert.equal(status, 0, stderr);
  const calls = readFileSync(trace, 'utf8').match(/f(?:data)?sync\(\d+<[^>]*telltale\.db-wal>/g) ?? [];
  return { syncs: calls.length, transactions: Number(stdout) };
}

/** Why no process may be watched here, or null. */
function whyUntraced(): string | null {
  const { status, stderr } = spawnSync(requireProgram(['strace'], ['strace']), ['-f', 'true'], {
    encoding: 'utf8',
  });
  return status === 0 ? null : `processes cannot be traced here: ${stderr.trim().split('\n').at(-1)}`;
}

test('SQLite: each transaction is brought to the disk by a call of its own, whatever is struck off between', (t) => {
  const reason = whyUntraced();
  if (reason !== null) return t.skip(reason);
  const none = tracedSyncs(t, 0);
  const some = tracedSyncs(t, COMMITS);
  t.diagnostic(JSON.stringify({ none, some }));
  assert.equal(some.transactions, COMMITS);
  assert.ok(
    some.syncs - none.syncs >= COMMITS,
    `${some.syncs} calls, ${none.syncs} of them without a commit`,
  );
});

test("PostgreSQL: each transaction is followed by a sync of the server's log", async (t) => {
  const server = await startPostgres();
  cleanUp(t, () => server.close());
  const databaseUrl = await server.createDatabase();
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  cleanUp(t, () => client.end());
  const { rows } = await client.query("SELECT current_setting('server_version_num')::int AS version");
  // Where the server counts its syncs has changed with version 18.
  const counting =
    rows[0].version >= 180_000
      ? "SELECT coalesce(sum(fsyncs), 0)::int AS syncs FROM pg_stat_io WHERE object = 'wal'"
      : 'SELECT wal_sync::int AS syncs FROM pg_stat_wal';
  const syncs = async () => Number((await client.query(counting)).rows[0].syncs);
  const ledger = await createLedger({
    dataDir: dataFolder(t),
    databaseUrl,
    sinks: [],
    commitTimeoutMs: 60_000,
  });
  cleanUp(t, () => ledger.close());
  const before = await syncs();
  for (let done = 0; done < COMMITS; done += 1) {
    assert.equal((await ledger.commit(exchange())).outcome, 'committed');
  }
  assert.equal(ledger.stats().transactions, COMMITS);
  // The server's processes tell their counts when they find the time.
  await until(async () => (await syncs()) - before >= COMMITS, 'as many syncs as commits are counted');
});
