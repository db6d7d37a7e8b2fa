import { execFile } from 'node:child_process';
import { globSync, realpathSync } from 'node:fs';
import { chown, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { freePorts } from './free-ports.ts';
import { childrenOf, untilGone } from './is-alive.ts';
import { type ServiceProcess, startService } from './service-process.ts';
import { findProgram, requireProgram } from './system-program.ts';

/** A real PostgreSQL server on loopback, with its data in a temporary folder. */
export interface PostgresServer {
  /** A new, empty database of this server. */
  createDatabase(): Promise<string>;
  /** Folder of the server's files. */
  readonly dataDir: string;
  /** Ends the server in its own time; the data stays. */
  stop(): Promise<void>;
  /** Ends the server with SIGKILL; the data stays as it is on disk. Resolves when the last of its processes is gone. */
  kill(): Promise<void>;
  /** Starts it again on the same data and port; stops it first when it runs. */
  restart(): Promise<void>;
  /** Ends it for good and deletes its data. */
  close(): Promise<void>;
}

const READY_TIMEOUT_MS = 600_000;
const NOBODY = 65_534;
const DEBIAN = '/usr/lib/postgresql/*/bin/initdb';

/** How the server is started. */
export interface PostgresServerOptions {
  /** Folder that holds the server's data; a temporary one when left out. */
  readonly folder?: string;
  /** Settings for `postgres -c`. */
  readonly settings?: readonly string[];
}

/** Starts a server with empty data; ready when this returns (1 to 3 s). Debian keeps its programs off the PATH: they are
 *  found there too, and as root installed when they are missing.
 *  @throws Error in one clear line when PostgreSQL is missing, or with the server's output when it fails */
export async function startPostgres(options: PostgresServerOptions = {}): Promise<PostgresServer> {
  const programs = dirname(findPostgres());
  // PostgreSQL refuses to run as root.
  const identity = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'telltale-postgres-')));
  if (identity.uid !== undefined) await chown(folder, NOBODY, NOBODY);
  const dataDir = join(folder, 'data');
  const flags = ['-D', dataDir, '-U', 'telltale', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'];
  await promisify(execFile)(join(programs, 'initdb'), flags, { ...identity, cwd: folder });
  const [port = 0] = await freePorts(1);
  const settings = ['listen_addresses=127.0.0.1', 'max_connections=60', ...(options.settings ?? [])];
  const start = (): Promise<ServiceProcess> =>
    startService({
      command: join(programs, 'postgres'),
      args: ['-D', dataDir, '-k', folder, '-p', `${port}`, ...settings.flatMap((setting) => ['-c', setting])],
      cwd: folder,
      ...identity,
      readyWhen: /ready to accept connections/,
      readyTimeoutMs: READY_TIMEOUT_MS,
    });
  let server = await start();
  const address = (database: string) => `postgres://telltale@127.0.0.1:${port}/${database}`;
  let count = 0;
  const createDatabase = async (): Promise<string> => {
    const name = `store_${++count}`;
    const client = new Client({ connectionString: address('postgres') });
    await client.connect();
    await client.query(`CREATE DATABASE ${name}`);
    await client.end();
    return address(name);
  };
  // SIGINT is PostgreSQL's fast stop; SIGTERM would wait for every client.
  const stop = async () => {
    server.signal('SIGINT');
    await server.stop();
  };
  // Those of a killed server go on, answer and hold its memory until they have noticed.
  const kill = async () => {
    const children = childrenOf(server.pid);
    await server.kill();
    await untilGone(children);
  };
  const restart = async () => {
    if (server.isRunning()) await stop();
    server = await start();
  };
  const close = async () => {
    await kill();
    await rm(folder, { recursive: true, force: true });
  };
  return { createDatabase, dataDir, stop, kill, restart, close };
}

/** Where PostgreSQL's initdb is. Debian's packages put it beside the server, and on the PATH only what manages clusters. */
export function findPostgres(): string {
  const find = () => findProgram(['initdb']) ?? globSync(DEBIAN).toSorted().at(-1);
  const found = find();
  if (found !== undefined) return realpathSync(found);
  requireProgram(['initdb', 'pg_ctlcluster'], ['postgresql']);
  const installed = find();
  if (installed === undefined) throw new Error(`initdb is neither on the PATH nor at ${DEBIAN}`);
  return installed;
}
