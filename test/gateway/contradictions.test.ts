import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadConfig } from '../../gateway/config/load-config.ts';

/** The problems of a configuration file with variables over it, without the file's folder; none where it is right. */
function problemsOf(text: string, env: Record<string, string> = {}): readonly string[] {
  const folder = mkdtempSync(join(tmpdir(), 'telltale-config-'));
  const file = join(folder, 'c.yaml');
  writeFileSync(file, text);
  try {
    loadConfig({ ...env, TELLTALE_CONFIG: file });
    return [];
  } catch (error) {
    const { fields } = error as { fields: { problems: readonly string[] } };
    return fields.problems.map((problem) => problem.replaceAll(file, 'c.yaml'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const file = (name: string, path: string) => `{type: file, name: ${name}, path: ${path}}`;

const refused: [name: string, text: string, env: Record<string, string>, problem: string][] = [
  [
    'a least number above the most, one in the file and one in a variable',
    'limits: {min_in_flight: 100}\n',
    { TELLTALE_LIMITS_MAX_IN_FLIGHT: '50' },
    'c.yaml:1:25: limits.min_in_flight is 100: more than may be at once: limits.max_in_flight is 50 (TELLTALE_LIMITS_MAX_IN_FLIGHT)',
  ],
  [
    'a least number above a most that nobody has set',
    '',
    { TELLTALE_LIMITS_MIN_IN_FLIGHT: '1000' },
    'TELLTALE_LIMITS_MIN_IN_FLIGHT: limits.min_in_flight is 1000: more than may be at once: limits.max_in_flight is 512 (its default)',
  ],
  [
    'a water mark above the bound of the store',
    'store:\n  max_bytes: 100000\n  high_water_bytes: 200000\n',
    {},
    'c.yaml:3:21: store.high_water_bytes is 200000: the store never grows so far, so nothing would be sampled before it is full: store.max_bytes is 100000 (c.yaml:2:14)',
  ],
  [
    'one port for clients and for the review',
    '',
    { PORT: '9000', REVIEW_PORT: '9000' },
    'REVIEW_PORT: review.port is 9000: two cannot listen on one port: server.port is 9000 (PORT)',
  ],
  [
    'one port on an address and on all',
    'metrics: {host: 0.0.0.0, port: 8081}\n',
    {},
    'c.yaml:1:32: metrics.port is 8081: two cannot listen on one port: review.port is 8081 (its default)',
  ],
  [
    'a silence that ends before it begins',
    'silences:\n  - {matchers: {tags: [a]}, author: a, comment: b, starts_at: 2027-01-02T00:00:00Z, ends_at: 2027-01-01T00:00:00Z}\n',
    {},
    'c.yaml:2:94: silences.0.ends_at is "2027-01-01T00:00:00Z": it would end before it begins: silences.0.starts_at is "2027-01-02T00:00:00Z" (c.yaml:2:63)',
  ],
  [
    'a name of two sinks',
    `sinks:\n  - ${file('a', 'one')}\n  - ${file('b', 'two')}\n  - ${file('a', 'three')}\n`,
    {},
    'c.yaml:4:24: sinks.2.name is "a": another sink has this name: sinks.0.name is "a" (c.yaml:2:24)',
  ],
  [
    'a file of two sinks, however it is written',
    `sinks:\n  - ${file('a', '/var/x/alerts')}\n  - ${file('b', '/var/x/../x/alerts')}\n`,
    {},
    'c.yaml:3:33: sinks.1.path is "/var/x/../x/alerts": another sink writes to this file: sinks.0.path is "/var/x/alerts" (c.yaml:2:33)',
  ],
  [
    'one topic for alerts and for exchanges',
    'scoring: {where: kafka, topic: t}\nkafka: {brokers: ["a:1"], topic: t}\n',
    {},
    'c.yaml:1:32: scoring.topic is "t": exchanges go there with their text, and alerts need a topic of their own: kafka.topic is "t" (c.yaml:2:34)',
  ],
];

const SINK = 'sinks:\n  - {type: kafka, name: a, brokers: ["a:1"], ';

refused.push(
  [
    'a bound of a file for a store that is a database',
    'store: {max_bytes: 1000000}\n',
    { DATABASE_URL: 'postgres://u:secret@db/t' },
    'c.yaml:1:20: store.max_bytes is 1000000: it bounds the file in the data folder, and nothing in a database: leave it out, or set high_water_bytes, above which less is recorded there too: store.database_url is "postgres://***@db/t" (DATABASE_URL)',
  ],
  [
    'one topic for alerts of a sink in the list and for exchanges',
    `scoring: {where: kafka, brokers: ["b:1", "a:1"], topic: t}\n${SINK}topic: t}\n`,
    {},
    'c.yaml:1:57: scoring.topic is "t": exchanges go there with their text, and alerts need a topic of their own: sinks.0.topic is "t" (c.yaml:3:53)',
  ],
  [
    'one topic for both, on the brokers that both take over',
    `kafka: {brokers: ["a:1"]}\nscoring: {where: kafka, topic: t}\n${SINK}topic: t}\n`,
    {},
    'c.yaml:2:32: scoring.topic is "t": exchanges go there with their text, and alerts need a topic of their own: sinks.0.topic is "t" (c.yaml:4:53)',
  ],
  [
    'a key without its certificate',
    'kafka: {brokers: ["a:1"], tls: {key_file: k.pem}}\n',
    {},
    'c.yaml:1:43: kafka.tls.key_file is "k.pem": a certificate and its key come together, and the other is missing: kafka.tls.cert_file is null (its default)',
  ],
  [
    'a certificate without its key, for exchanges',
    '',
    {
      TELLTALE_SCORING_WHERE: 'kafka',
      TELLTALE_SCORING_BROKERS: 'a:1',
      TELLTALE_SCORING_TLS_CERT_FILE: 'c.pem',
    },
    'TELLTALE_SCORING_TLS_CERT_FILE: scoring.tls.cert_file is "c.pem": a certificate and its key come together, and the other is missing: scoring.tls.key_file is null (its default)',
  ],
  [
    'a key without its certificate, of a sink in the list',
    `${SINK}tls: {enabled: true, key_file: k.pem}}\n`,
    {},
    'c.yaml:2:77: sinks.0.tls.key_file is "k.pem": a certificate and its key come together, and the other is missing: sinks.0.tls.cert_file is null (its default)',
  ],
  [
    'a name of who connects without a mechanism',
    '',
    { KAFKA_BROKERS: 'a:1', TELLTALE_KAFKA_SASL_USERNAME: 'u' },
    'TELLTALE_KAFKA_SASL_USERNAME: kafka.sasl.username is "u": without a mechanism nobody says who connects: name one, or leave it out: kafka.sasl.mechanism is "none" (its default)',
  ],
  [
    'a password without a mechanism, of a sink in the list',
    `${SINK}sasl: {password_env: P}}\n`,
    {},
    'c.yaml:2:67: sinks.0.sasl.password_env is not shown: without a mechanism nobody says who connects: name one, or leave it out: sinks.0.sasl.mechanism is "none" (its default)',
  ],
  [
    'a mechanism without a password',
    'scoring: {where: kafka, brokers: ["a:1"], sasl: {mechanism: plain, username: u}}\n',
    {},
    'c.yaml:1:61: scoring.sasl.mechanism is "plain": it needs sasl.username and sasl.password_env, and one is missing: scoring.sasl.password_env is not shown (its default)',
  ],
  [
    'a certificate for brokers that are not named',
    'kafka: {brokers: ["a:1"]}\nscoring: {where: kafka, tls: {ca_file: c}}\n',
    {},
    'c.yaml:2:40: scoring.tls.ca_file is "c": brokers, TLS and SASL are those of kafka, since scoring names no brokers: scoring.brokers is [] (its default)',
  ],
  [
    'who connects to brokers that are not named',
    'kafka: {brokers: ["a:1"]}\nscoring: {where: kafka, sasl: {mechanism: plain, username: u, password_env: P}}\n',
    {},
    'c.yaml:2:43: scoring.sasl.mechanism is "plain": brokers, TLS and SASL are those of kafka, since scoring names no brokers: scoring.brokers is [] (its default)',
  ],
);

for (const [name, text, env, problem] of refused) {
  test(`${name} is refused with both settings, their places and values`, () => {
    assert.deepEqual(problemsOf(text, env), [problem]);
  });
}

test('bounds that agree are taken, and a least number that nobody has set gives way to a smaller most', () => {
  const right: [text: string, env?: Record<string, string>][] = [
    ['limits: {max_in_flight: 2}\n'],
    ['limits: {max_in_flight: 50, min_in_flight: 50}\n'],
    ['store: {max_bytes: 200000, high_water_bytes: 200000}\n'],
    ['store: {high_water_bytes: 200000}\n'],
    ['store: {high_water_bytes: 200000}\n', { DATABASE_URL: 'postgres://db/t' }],
    ['', { PORT: '0', REVIEW_PORT: '0' }],
    ['server: {host: 10.0.0.1}\nreview: {host: 10.0.0.2, port: 8080}\n'],
    [`sinks:\n  - ${file('a', 'one')}\n  - ${file('b', 'two')}\n`],
    [`${SINK}tls: {cert_file: c, key_file: k}, sasl: {mechanism: plain, username: u, password_env: P}}\n`],
    ['kafka: {tls: {ca_file: c}}\n'],
    [`scoring: {where: kafka, brokers: ["b:1"], topic: t}\n${SINK}topic: t}\n`],
    [`scoring: {brokers: ["a:1"], topic: t}\n${SINK}topic: t}\n`],
    ['scoring: {where: kafka, topic: t, brokers: ["b:1"]}\nkafka: {brokers: ["a:1"], topic: t}\n'],
  ];
  for (const [text, env] of right) assert.deepEqual(problemsOf(text, env), [], text);
});

test('one object in the place of a list of them is told so, with a list to go by', () => {
  const wanted = /: must be a list, as \[\{"type": "file", "name": "archive", "path": "alerts\.jsonl"\}\]$/;
  const given: [text: string, shown: string][] = [
    ['{"type": "stdout", "name": "a"}', 'TELLTALE_SINKS: sinks is {"type":"stdout","name":"a"}'],
    ['{type: stdout, name: a}', 'TELLTALE_SINKS: sinks is "{type: stdout, name: a}"'],
    ['type: stdout', 'TELLTALE_SINKS: sinks is "type: stdout"'],
    ['[{]', 'TELLTALE_SINKS: sinks is "[{]"'],
  ];
  for (const [text, shown] of given) {
    const [problem = '', ...others] = problemsOf('', { TELLTALE_SINKS: text });
    assert.deepEqual(others, []);
    assert.match(problem, wanted);
    assert.ok(problem.startsWith(`${shown}: `), problem);
  }
  const [inFile = ''] = problemsOf('sinks: {type: stdout, name: a}\n');
  assert.match(inFile, wanted);
  assert.ok(inFile.startsWith('c.yaml:1:8: sinks is '), inFile);
  for (const name of ['upstreams', 'silences']) {
    const [problem = ''] = problemsOf(`${name}: {a: 1}\n`);
    const example = / must be a list, as (.*)$/.exec(problem)?.[1] ?? '';
    assert.deepEqual(problemsOf(`${name}: ${example}\n`), [], 'the example is right');
  }
});
