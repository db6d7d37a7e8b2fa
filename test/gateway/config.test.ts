import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { SETTINGS } from '../../gateway/config/environment.ts';
import { loadConfig } from '../../gateway/config/load-config.ts';
import { configSchema } from '../../gateway/config/schema.ts';

/** Loads the text as the file that TELLTALE_CONFIG names. */
function load(text: string, env: Record<string, string> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'telltale-config-'));
  const file = join(folder, 'c.yaml');
  writeFileSync(file, text);
  try {
    return loadConfig({ ...env, TELLTALE_CONFIG: file });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('without a file and without variables the defaults hold, on loopback', () => {
  const config = loadConfig({});
  assert.deepEqual(
    [config.server.host, config.server.port, config.review.host, config.review.port, config.metrics.host],
    ['127.0.0.1', 8080, '127.0.0.1', 8081, '127.0.0.1'],
  );
  assert.equal(config.policy.unknown_path, 'refuse');
});

test('the well-known variables set their values', () => {
  const config = loadConfig({
    PORT: '0',
    REVIEW_PORT: '1',
    UPSTREAM_URL: 'https://example.org/api',
    TELLTALE_RULES: 'r',
    TELLTALE_DATA: 'd',
    KAFKA_BROKERS: 'a:1, b:2',
    KAFKA_TOPIC: 't',
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318',
  });
  assert.deepEqual(
    [config.server.port, config.review.port, config.upstream.url, config.rules, config.data],
    [0, 1, 'https://example.org/api', 'r', 'd'],
  );
  const { brokers, topic } = config.kafka;
  assert.deepEqual({ brokers, topic }, { brokers: ['a:1', 'b:2'], topic: 't' });
  assert.equal(config.telemetry.otlp_endpoint, 'http://c:4318');
});

test('every value has a variable, and the variable wins over the file', () => {
  // A weaker one may stand for several settings, as TELLTALE_POLICY_ON_UNRECORDED does for all levels.
  const strongest = SETTINGS.map(({ variables: [first] }) => first);
  assert.equal(new Set(strongest).size, SETTINGS.length);
  const config = load('limits: {max_segments: 5, max_json_depth: 6}\n', {
    TELLTALE_LIMITS_MAX_SEGMENTS: '7',
  });
  assert.deepEqual([config.limits.max_segments, config.limits.max_json_depth], [7, 6]);
  assert.equal(loadConfig({ TELLTALE_POLICY_EXPOSE_VERDICT: 'true' }).policy.expose_verdict, true);
  assert.equal(loadConfig({ PORT: '' }).server.port, 8080);
});

test('all problems are told at once, each with its variable or place, and the value', () => {
  const text = 'server:\n  prot: 1\n  port: 99999\nlimits:\n  max_body_bytes: -1\n';
  assert.throws(
    () => load(text, { UPSTREAM_URL: 'nope', REVIEW_PORT: 'x', TELLTALE_POLICY_EXPOSE_RULES: 'yes' }),
    ({ message, code }: Error & { code: string }) => {
      assert.equal(code, 'CONFIG');
      assert.match(message, /c\.yaml:3:9: server\.port is 99999: /);
      assert.match(message, /c\.yaml:2:9: unknown key server\.prot; did you mean port\?/);
      assert.match(message, /c\.yaml:5:19: limits\.max_body_bytes is -1: /);
      assert.match(message, /UPSTREAM_URL: upstream\.url is "nope": must be an http or https URL/);
      assert.match(message, /REVIEW_PORT: review\.port is "x": /);
      assert.match(message, /TELLTALE_POLICY_EXPOSE_RULES: policy\.expose_rules is "yes": /);
      return true;
    },
  );
});

const broken: [name: string, text: string, message: RegExp][] = [
  ['YAML that does not parse', 'a: [', /c\.yaml:1:5: /],
  ['a list', '- 1\n', /c\.yaml: all of it is \[1\]: .*expected object/],
  ['one text', 'hello\n', /c\.yaml: all of it is "hello": .*expected object/],
  ['one number', '5\n', /c\.yaml: all of it is 5: .*expected object/],
  ['a text where settings belong', 'server: high\n', /c\.yaml:1:9: server is "high": /],
];

for (const [name, text, message] of broken) {
  test(`${name} is told with its place`, () => {
    assert.throws(() => load(text), { code: 'CONFIG', message });
    assert.throws(() => load(text, { PORT: '1' }), { code: 'CONFIG', message }, 'with a variable over it');
  });
}

test('a variable sets what its setting may be: null where that can be, and a text of digits where that is text', () => {
  const nullable = SETTINGS.filter(({ path }) => acceptsNull(path));
  assert.ok(nullable.length > 20);
  const env = Object.fromEntries(nullable.map(({ variables: [name = ''] }) => [name, 'null']));
  const config = loadConfig(env);
  for (const { path } of nullable) assert.equal(at(config, path), null, path.join('.'));
  assert.throws(() => loadConfig({ TELLTALE_LIMITS_MAX_SEGMENTS: 'null' }), /max_segments is "null": /);
  assert.equal(loadConfig({ TELLTALE_DATA: 'null' }).data, 'null');
  const digits = loadConfig({ TELLTALE_MODEL: '2026', KAFKA_TOPIC: '7', TELLTALE_KAFKA_TLS_CA_FILE: '3' });
  assert.deepEqual([digits.model, digits.kafka.topic, digits.kafka.tls.ca_file], ['2026', '7', '3']);
  const numbers = loadConfig({ TELLTALE_STORE_MAX_BYTES: '70000', TELLTALE_TELEMETRY_SAMPLE_RATIO: '0.5' });
  assert.deepEqual([numbers.store.max_bytes, numbers.telemetry.sample_ratio], [70_000, 0.5]);
});

test('a variable for one level leaves the others at the one word that the file says', () => {
  const { on_unrecorded } = load('policy: {on_unrecorded: block}\n', {
    TELLTALE_POLICY_ON_UNRECORDED_LOW: 'pass',
  }).policy;
  const { low, ...others } = on_unrecorded;
  assert.equal(low, 'pass');
  assert.deepEqual(new Set(Object.values(others)), new Set(['block']));
});

function acceptsNull(path: readonly string[]): boolean {
  const settings = path.reduceRight<unknown>((inner, key) => ({ [key]: inner }), null);
  return configSchema.safeParse(settings).success;
}

function at(config: unknown, path: readonly string[]): unknown {
  return path.reduce((value, key) => (value as Record<string, unknown>)[key], config);
}

test('a variable that is mistyped is refused with the one that was meant, a stranger is not', () => {
  assert.throws(
    () => loadConfig({ TELLTALE_DETECTOR_WORKRES: '2' }),
    /TELLTALE_DETECTOR_WORKRES: no such setting; did you mean TELLTALE_DETECTOR_WORKERS\?/,
  );
  loadConfig({ TELLTALE_PORT: 'tcp://10.0.0.1:80', TELLTALE_SERVICE_HOST: '10.0.0.1' });
});

test('a file that cannot be read is told with the variable that names it', () => {
  assert.throws(
    () => loadConfig({ TELLTALE_CONFIG: '/nowhere/c.yaml' }),
    /TELLTALE_CONFIG: cannot read \/nowhere\/c\.yaml/,
  );
});

test('placeholders take their values from the environment, with the type that their text has', () => {
  const text = `
server:
  port: \${GATEWAY_PORT}
upstream: {url: "https://\${HOST_NAME}/\${PATH_NAME:-api}"}
kafka: {topic: "$\${stays}"}
store:
  max_bytes: \${MAX_BYTES:-null}
`;
  const config = load(text, { GATEWAY_PORT: '9000', HOST_NAME: 'a.example' });
  assert.equal(config.server.port, 9000);
  assert.equal(config.upstream.url, 'https://a.example/api');
  assert.equal(config.kafka.topic, `\${stays}`);
  assert.equal(config.store.max_bytes, null);
});

test('a placeholder that nothing stands for is told with its place', () => {
  assert.throws(() => load(`kafka:\n  topic: \${TOPIC}\n`), /c\.yaml:2:10: \$\{TOPIC\} is not set/);
});

const several: [name: string, text: string, message: RegExp][] = [
  [
    'a mistyped key of an upstream',
    'upstreams:\n  - {name: a, url: "http://a", mach: {model: x}, mount: /a}\n',
    /c\.yaml:2:38: unknown key upstreams\.0\.mach; did you mean match\?/,
  ],
  [
    'an upstream that no request is for',
    'upstreams:\n  - {name: a, url: "http://a"}\n',
    /c\.yaml:2:5: upstreams\.0 is .*must have a mount or a match/,
  ],
  [
    'a key that is not in the environment',
    'upstreams:\n  - {name: a, url: "http://a", mount: /a, key_env: TEAM_KEY}\n',
    /c\.yaml:2:52: upstreams\.0\.key_env is "TEAM_KEY": this variable is not set/,
  ],
  [
    'a word that is nearly another',
    'policy: {unknown_path: refuze}\n',
    /c\.yaml:1:24: policy\.unknown_path is "refuze": .*; did you mean refuse\?/,
  ],
  [
    'an address with a password',
    'upstream: {url: "ftp://u:secret@a"}\n',
    /upstream\.url is "ftp:\/\/\*\*\*@a"/,
  ],
];

for (const [name, text, message] of several) {
  test(`${name} is told with its place`, () => assert.throws(() => load(text), message));
}

test('several upstreams and the proxies of the environment are read from variables', () => {
  const config = loadConfig({
    TELLTALE_UPSTREAMS: '[{"name": "a", "url": "https://a.example", "mount": "/a"}]',
    HTTPS_PROXY: 'http://proxy.example:3128',
    no_proxy: 'localhost,.internal',
  });
  assert.equal(config.upstreams[0]?.mount, '/a');
  assert.deepEqual(config.proxy, {
    http: null,
    https: 'http://proxy.example:3128',
    bypass: 'localhost,.internal',
  });
});
