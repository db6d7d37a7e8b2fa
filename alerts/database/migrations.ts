import type { DatabaseSync } from 'node:sqlite';
import { AlertsError } from '../alerts-error.ts';
import { inTransaction } from './transaction.ts';

const FIRST_TABLES = `
  CREATE TABLE exchanges (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    exchange_id TEXT NOT NULL UNIQUE,
    conversation_id TEXT NOT NULL,
    started_at TEXT NOT NULL,
    ended_at TEXT NOT NULL,
    route TEXT NOT NULL,
    dialect TEXT NOT NULL,
    model TEXT,
    status INTEGER NOT NULL,
    is_streamed INTEGER NOT NULL,
    verdict TEXT NOT NULL,
    featureset_digest TEXT NOT NULL,
    trace_id TEXT,
    level_rank INTEGER
  ) STRICT;
  CREATE INDEX exchanges_flagged ON exchanges (seq) WHERE level_rank IS NOT NULL;
  CREATE INDEX exchanges_ordinary ON exchanges (seq) WHERE level_rank IS NULL;

  CREATE TABLE coverage (
    exchange_seq INTEGER PRIMARY KEY REFERENCES exchanges ON DELETE CASCADE,
    scanned INTEGER NOT NULL,
    skipped INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    entries TEXT NOT NULL
  ) STRICT;

  CREATE TABLE segments (
    exchange_seq INTEGER NOT NULL REFERENCES exchanges ON DELETE CASCADE,
    position INTEGER NOT NULL,
    segment_id TEXT NOT NULL,
    role TEXT NOT NULL,
    target TEXT NOT NULL,
    text TEXT NOT NULL,
    tokens TEXT NOT NULL,
    signals TEXT NOT NULL,
    PRIMARY KEY (exchange_seq, position)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE findings (
    seq INTEGER PRIMARY KEY,
    alert_id TEXT NOT NULL UNIQUE,
    exchange_seq INTEGER NOT NULL REFERENCES exchanges ON DELETE CASCADE,
    rule_id TEXT NOT NULL,
    rule_name TEXT NOT NULL,
    rule_title TEXT NOT NULL,
    level_rank INTEGER NOT NULL,
    is_alerting INTEGER NOT NULL,
    excerpt TEXT NOT NULL,
    finding TEXT NOT NULL
  ) STRICT;
  CREATE INDEX findings_of_exchange ON findings (exchange_seq);
  CREATE INDEX findings_of_rule ON findings (rule_id, exchange_seq);

  CREATE TABLE reviews (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    exchange_seq INTEGER NOT NULL REFERENCES exchanges ON DELETE CASCADE,
    verdict TEXT NOT NULL,
    comment TEXT NOT NULL,
    reviewer TEXT NOT NULL,
    reviewed_at TEXT NOT NULL
  ) STRICT;
  CREATE INDEX reviews_of_exchange ON reviews (exchange_seq, seq);

  CREATE TABLE outbox (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    sink TEXT NOT NULL,
    alert_id TEXT NOT NULL REFERENCES findings (alert_id),
    conversation_id TEXT NOT NULL,
    queued_at TEXT NOT NULL,
    UNIQUE (alert_id, sink)
  ) STRICT;
  CREATE INDEX outbox_of_sink ON outbox (sink, seq);

  CREATE TABLE dead_letters (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    sink TEXT NOT NULL,
    alert_id TEXT NOT NULL REFERENCES findings (alert_id),
    conversation_id TEXT NOT NULL,
    queued_at TEXT NOT NULL,
    died_at TEXT NOT NULL,
    reason TEXT NOT NULL
  ) STRICT;
  CREATE INDEX dead_letters_of_sink ON dead_letters (sink, seq);
  CREATE INDEX dead_letters_of_alert ON dead_letters (alert_id);
`;

/** Whom an exchange is about, lookups by age, and dead letters that may be whole exchanges. */
const SUBJECTS_AND_DEAD_RECORDS = `
  ALTER TABLE exchanges ADD COLUMN subject TEXT;
  CREATE INDEX exchanges_of_conversation ON exchanges (conversation_id);
  CREATE INDEX exchanges_of_subject ON exchanges (subject) WHERE subject IS NOT NULL;
  CREATE INDEX exchanges_by_age ON exchanges (level_rank, ended_at);

  CREATE TABLE new_dead_letters (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    sink TEXT NOT NULL,
    alert_id TEXT REFERENCES findings (alert_id),
    exchange_id TEXT NOT NULL,
    conversation_id TEXT NOT NULL,
    queued_at TEXT NOT NULL,
    died_at TEXT NOT NULL,
    reason TEXT NOT NULL,
    subject TEXT,
    record TEXT
  ) STRICT;
  INSERT INTO new_dead_letters (seq, sink, alert_id, exchange_id, conversation_id, queued_at, died_at, reason)
    SELECT d.seq, d.sink, d.alert_id, e.exchange_id, d.conversation_id, d.queued_at, d.died_at, d.reason
    FROM dead_letters d JOIN findings f USING (alert_id) JOIN exchanges e ON e.seq = f.exchange_seq;
  DROP TABLE dead_letters;
  ALTER TABLE new_dead_letters RENAME TO dead_letters;
  CREATE INDEX dead_letters_of_sink ON dead_letters (sink, seq);
  CREATE INDEX dead_letters_of_alert ON dead_letters (alert_id);
`;

/** Silences that people add, and what every silence has held back. */
const SILENCES = `
  CREATE TABLE silences (
    id TEXT PRIMARY KEY,
    matchers TEXT NOT NULL,
    author TEXT NOT NULL,
    comment TEXT NOT NULL,
    starts_at TEXT NOT NULL,
    ends_at TEXT NOT NULL
  ) STRICT;
  CREATE TABLE held_back (silence_id TEXT PRIMARY KEY, alerts INTEGER NOT NULL) STRICT;
`;

/** Exchanges that are on disk before they are scored, and are scored elsewhere. */
const UNSCORED = `
  CREATE TABLE unscored (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    exchange_id TEXT NOT NULL UNIQUE,
    conversation_id TEXT NOT NULL,
    subject TEXT,
    queued_at TEXT NOT NULL,
    body TEXT NOT NULL
  ) STRICT;
`;

/** Whether something of a conversation waits before an alert. */
const OUTBOX_BY_CONVERSATION = 'CREATE INDEX outbox_of_conversation ON outbox (sink, conversation_id, seq)';

/** How strongly an exchange is flagged, whether its alerts go out or are held back: by it retention goes, while
 *  `level_rank` is that of the alerts that a person reads. An older program that runs beside leaves it out. Within the
 *  texts of a finding quotation marks have a backslash before them. */
const KEPT_RANK = `
  ALTER TABLE exchanges ADD COLUMN kept_rank INTEGER;
  UPDATE exchanges SET kept_rank = held.rank FROM (
    SELECT f.exchange_seq, max(f.level_rank) AS rank FROM findings f
    WHERE instr(f.finding, '"mode":"flag"') + instr(f.finding, '"mode":"enforce"') > 0
    GROUP BY f.exchange_seq HAVING min(f.is_alerting) = 0
  ) AS held WHERE exchanges.seq = held.exchange_seq;
  DROP INDEX exchanges_ordinary;
  DROP INDEX exchanges_by_age;
  CREATE INDEX exchanges_ordinary ON exchanges (seq) WHERE kept_rank IS NULL AND level_rank IS NULL;
  CREATE INDEX exchanges_by_age ON exchanges (coalesce(kept_rank, level_rank), ended_at);
`;

/** The steps from an empty file to the present tables, forward only; step i leads from version i to i + 1
 *  (`PRAGMA user_version`). A step that was released is never changed: add one. */
export const MIGRATIONS: readonly string[] = [
  FIRST_TABLES,
  SUBJECTS_AND_DEAD_RECORDS,
  SILENCES,
  UNSCORED,
  OUTBOX_BY_CONVERSATION,
  KEPT_RANK,
];

/** Takes a database to the newest version, one transaction a step; processes that open a new file together take each step
 *  once.
 *  @throws {AlertsError} SCHEMA_NEWER when a later version of the program wrote it */
export function migrate(database: DatabaseSync, migrations: readonly string[] = MIGRATIONS): void {
  let version = schemaVersion(database);
  while (version < migrations.length) version = takeStep(database, migrations);
  if (version > migrations.length) {
    throw new AlertsError(
      'SCHEMA_NEWER',
      `${database.location() ?? 'the database'} has schema version ${version}, this program knows ` +
        `${migrations.length}: run the newer program, or name another data directory`,
    );
  }
}

/** Takes the next step, if one is missing still now that the file is locked, and gives the version after it. */
function takeStep(database: DatabaseSync, migrations: readonly string[]): number {
  return inTransaction(database, () => {
    const version = schemaVersion(database);
    const step = migrations[version];
    if (step === undefined) return version;
    database.exec(step);
    database.exec(`PRAGMA user_version = ${version + 1}`);
    return version + 1;
  });
}

/** 0 for a file without tables. */
export function schemaVersion(database: DatabaseSync): number {
  const row = database.prepare('PRAGMA user_version').get();
  return Number(row?.['user_version'] ?? 0);
}
