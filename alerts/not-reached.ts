/** What no erasure within a store can reach; every proof says so. */
const EVERYWHERE = [
  'alerts that a sink has taken: topics, receivers of webhooks, files of alerts',
  'traces, metrics and logs that were exported, and the counts of correlations in events.json (ids, no text)',
  'Parquet files that telltale rules export has written (no text), and what else was copied out of the store, such as tests of rules',
  'exchanges in the topic that workers read, until Kafka deletes them',
  'a damaged replay.db that was set aside (no text)',
];

/** Of the embedded store: what holds copies of its files or their blocks. */
export const NOT_REACHED_BY_FILES: readonly string[] = [
  ...EVERYWHERE,
  'backups and snapshots of the data folder, and blocks of the disk that the file system has freed',
  'stores of other gateways, each of which has its own',
];

/** Of a server's database: what the server keeps beside its tables. */
export const NOT_REACHED_BY_SERVER: readonly string[] = [
  ...EVERYWHERE,
  "the server's write-ahead log and its archive, its replicas and backups, and blocks of its disk that were freed",
];
