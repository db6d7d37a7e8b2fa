import { AlertsError } from '../alerts-error.ts';
import { type PostgresDatabase, SCHEMA } from './database.ts';

const FIRST_TABLES = `
  CREATE TABLE exchanges (
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    exchange_id TEXT NOT NULL UNIQUE,
    conversation_id TEXT NOT NULL,
    subject TEXT,
    started_at TEXT COLLATE "C" NOT NULL,
    ended_at TEXT COLLATE "C" NOT NULL,
    route TEXT NOT NULL,
    dialect TEXT NOT NULL,
    model TEXT,
    status INTEGER NOT NULL,
    is_streamed BOOLEAN NOT NULL,
    verdict TEXT NOT NULL,
    featureset_digest TEXT NOT NULL,
    trace_id TEXT,
    level_rank SMALLINT
  );
  CREATE INDEX exchanges_flagged ON exchanges (seq) WHERE level_rank IS NOT NULL;
  CREATE INDEX exchanges_ordinary ON exchanges (seq) WHERE level_rank IS NULL;
  CREATE INDEX exchanges_of_conversation ON exchanges (conversation_id);
  CREATE INDEX exchanges_of_subject ON exchanges (subject) WHERE subject IS NOT NULL;
  CREATE INDEX exchanges_by_age ON exchanges (level_rank, ended_at);

  CREATE TABLE coverage (
    exchange_seq BIGINT PRIMARY KEY REFERENCES exchanges ON DELETE CASCADE,
    scanned INTEGER NOT NULL,
    skipped INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    entries TEXT NOT NULL
  );

  CREATE TABLE segments (
    exchange_seq BIGINT NOT NULL REFERENCES exchanges ON DELETE CASCADE,
    position INTEGER NOT NULL,
    segment_id TEXT NOT NULL,
    role TEXT NOT NULL,
    target TEXT NOT NULL,
    text TEXT NOT NULL,
    tokens TEXT NOT NULL,
    signals TEXT NOT NULL,
    PRIMARY KEY (exchange_seq, position)
  );

  CREATE TABLE findings (
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    alert_id TEXT NOT NULL UNIQUE,
    exchange_seq BIGINT NOT NULL REFERENCES exchanges ON DELETE CASCADE,
    rule_id TEXT NOT NULL,
    rule_name TEXT NOT NULL,
    rule_title TEXT NOT NULL,
    level_rank SMALLINT NOT NULL,
    is_alerting BOOLEAN NOT NULL,
    excerpt TEXT NOT NULL,
    finding TEXT NOT NULL
  );
  CREATE INDEX findings_of_exchange ON findings (exchange_seq);
  CREATE INDEX findings_of_rule ON findings (rule_id, exchange_seq);

  CREATE TABLE reviews (
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    exchange_seq BIGINT NOT NULL REFERENCES exchanges ON DELETE CASCADE,
    verdict TEXT NOT NULL,
    comment TEXT NOT NULL,
    reviewer TEXT NOT NULL,
    reviewed_at TEXT NOT NULL
  );
  CREATE INDEX reviews_of_exchange ON reviews (exchange_seq, seq);

  CREATE TABLE outbox (
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sink TEXT NOT NULL,
    bucket SMALLINT NOT NULL,
    alert_id TEXT NOT NULL REFERENCES findings (alert_id),
    conversation_id TEXT NOT NULL,
    queued_at TEXT NOT NULL,
    UNIQUE (alert_id, sink)
  );
  CREATE INDEX outbox_of_sink ON outbox (sink, seq);

  CREATE TABLE dead_letters (
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sink TEXT NOT NULL,
    alert_id TEXT REFERENCES findings (alert_id),
    exchange_id TEXT NOT NULL,
    conversation_id TEXT NOT NULL,
    queued_at TEXT NOT NULL,
    died_at TEXT NOT NULL,
    reason TEXT NOT NULL,
    subject TEXT,
    record TEXT
  );
  CREATE INDEX dead_letters_of_sink ON dead_letters (sink, seq);
  CREATE INDEX dead_letters_of_alert ON dead_letters (alert_id);

  CREATE TABLE relays (
    sink TEXT NOT NULL,
    owner TEXT NOT NULL,
    seen_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (sink, owner)
  );
  CREATE TABLE leases (
    sink TEXT NOT NULL,
    bucket SMALLINT NOT NULL,
    owner TEXT NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (sink, bucket)
  );
`;

/** Silences that people add, and what every silence has held back. */
const SILENCES = `
  CREATE TABLE silences (
    id TEXT PRIMARY KEY,
    matchers TEXT NOT NULL,
    author TEXT NOT NULL,
    comment TEXT NOT NULL,
    starts_at TEXT COLLATE "C" NOT NULL,
    ends_at TEXT COLLATE "C" NOT NULL
  );
  CREATE TABLE held_back (silence_id TEXT PRIMARY KEY, alerts BIGINT NOT NULL);
`;

/** Exchanges that are on disk before they are scored, and are scored elsewhere. */
const UNSCORED = `
  CREATE TABLE unscored (
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    exchange_id TEXT NOT NULL UNIQUE,
    bucket SMALLINT NOT NULL,
    conversation_id TEXT NOT NULL,
    subject TEXT,
    queued_at TEXT NOT NULL,
    body TEXT NOT NULL
  );
`;

/** Whether something of a conversation waits before an alert. */
const OUTBOX_BY_CONVERSATION = 'CREATE INDEX outbox_of_conversation ON outbox (sink, conversation_id, seq)';

/** Keys that all gateways of the database have in common. */
const KEYS = 'CREATE TABLE keys (name TEXT PRIMARY KEY, bytes BYTEA NOT NULL)';

/** How strongly an exchange is flagged, whether its alerts go out or are held back: by it retention goes, while
 *  `level_rank` is that of the alerts that a person reads. An older program that runs beside leaves it out. Within the
 *  texts of a finding quotation marks have a backslash before them. */
const KEPT_RANK = `
  ALTER TABLE exchanges ADD COLUMN kept_rank SMALLINT;
  UPDATE exchanges SET kept_rank = held.rank FROM (
    SELECT f.exchange_seq, max(f.level_rank) AS rank FROM findings f
    WHERE (strpos(f.finding, '"mode":"flag"') > 0 OR strpos(f.finding, '"mode":"enforce"') > 0)
    GROUP BY f.exchange_seq HAVING NOT bool_and(f.is_alerting)
  ) AS held WHERE exchanges.seq = held.exchange_seq;
  DROP INDEX exchanges_ordinary;
  DROP INDEX exchanges_by_age;
  CREATE INDEX exchanges_ordinary ON exchanges (seq) WHERE kept_rank IS NULL AND level_rank IS NULL;
  CREATE INDEX exchanges_by_age ON exchanges (coalesce(kept_rank, level_rank), ended_at);
`;

/** The steps from an empty schema to the present tables, forward only; step i leads from version i to i + 1
 *  (`schema_version`). A step that was released is never changed: add one. */
export const POSTGRES_MIGRATIONS: readonly string[] = [
  FIRST_TABLES,
  SILENCES,
  UNSCORED,
  OUTBOX_BY_CONVERSATION,
  KEYS,
  KEPT_RANK,
];

/** Whoever migrates holds it, so that replicas that start together do not migrate twice. */
const MIGRATION_LOCK = 0x7e11_0001;

/** Takes a database to the newest version, one transaction a step.
 *  @param where - the database, for messages
 *  @throws {AlertsError} SCHEMA_NEWER when a later version of the program wrote it */
export async function migratePostgres(
  database: PostgresDatabase,
  where: string,
  migrations: readonly string[] = POSTGRES_MIGRATIONS,
): Promise<void> {
  let version = 0;
  do {
    version = await takeStep(database, migrations);
  } while (version < migrations.length);
  if (version > migrations.length) {
    throw new AlertsError(
      'SCHEMA_NEWER',
      `${where} has schema version ${version}, this program knows ${migrations.length}: ` +
        'run the newer program, or name another database',
    );
  }
}

/** Takes the next step, if one is missing, and gives the version after it. */
function takeStep(database: PostgresDatabase, migrations: readonly string[]): Promise<number> {
  return database.transaction(async (query) => {
    await query('SELECT pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
    await query(`CREATE SCHEMA IF NOT EXISTS ${SCHEMA}`);
    await query('CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL)');
    const version = await postgresVersion(query);
    const step = migrations[version];
    if (step === undefined) return version;
    await query(step);
    await query('DELETE FROM schema_version');
    await query('INSERT INTO schema_version VALUES ($1)', [version + 1]);
    return version + 1;
  });
}

/** 0 for a schema without tables. */
export async function postgresVersion(query: PostgresDatabase['query']): Promise<number> {
  const [row] = await query<{ version: number }>('SELECT version FROM schema_version');
  return row?.version ?? 0;
}
