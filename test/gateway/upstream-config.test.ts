import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadConfig } from '../../gateway/config/load-config.ts';

/** What loading the text as a configuration file says, without the file's folder; empty where nothing is wrong. */
function problemsOf(text: string, env: Record<string, string> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'telltale-config-'));
  const file = join(folder, 'c.yaml');
  writeFileSync(file, text);
  try {
    loadConfig({ ...env, TELLTALE_CONFIG: file });
    return '';
  } catch (error) {
    return (error as Error).message.replaceAll(file, 'c.yaml');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('an upstream that is the gateway itself is refused, under every name of loopback and by its own host', () => {
  for (const url of ['http://127.0.0.1:8080', 'http://localhost:8080/v1', 'http://[::1]:8080']) {
    assert.match(
      problemsOf('', { UPSTREAM_URL: url }),
      /UPSTREAM_URL: upstream\.url is ".*": the gateway itself/,
    );
  }
  assert.match(
    problemsOf(
      'server: {host: 10.0.0.7, port: 80}\nupstreams:\n  - {name: a, url: "http://10.0.0.7", mount: /a}\n',
    ),
    /c\.yaml:3:20: upstreams\.0\.url is "http:\/\/10\.0\.0\.7": the gateway itself listens there/,
  );
  for (const host of ['::1', '2001:db8::7']) {
    const listening = { TELLTALE_SERVER_HOST: host, UPSTREAM_URL: `http://[${host}]:8080` };
    assert.match(problemsOf('', listening), /the gateway itself listens there/, host);
  }
  const others = ['http://127.0.0.1:8081', 'https://127.0.0.1:8080', 'http://10.0.0.7:8080'];
  for (const url of others) assert.equal(problemsOf('', { UPSTREAM_URL: url }), '');
  assert.equal(problemsOf('', { PORT: '0', UPSTREAM_URL: 'http://127.0.0.1:80' }), '');
});

test('an upstream that no request can reach is refused, and so is a name given twice', () => {
  const second = (entry: string, first = '{name: a, url: "http://a", mount: /a}') =>
    problemsOf(`upstreams:\n  - ${first}\n  - ${entry}\n`);
  assert.match(
    second('{name: b, url: "http://b", mount: /a, match: {model: o1}}'),
    /c\.yaml:3:5: upstreams\.1 is .*: no request reaches it, since "a" stands before it/,
  );
  const same = '{name: a, url: "http://a", match: {model: [o1], path: /v1}}';
  assert.match(
    second('{name: b, url: "http://b", match: {path: /v1, model: [o1]}}', same),
    /no request reaches it/,
  );
  assert.match(
    second('{name: a, url: "http://b", mount: /b}'),
    /c\.yaml:3:12: upstreams\.1\.name is "a": another .*: upstreams\.0\.name is "a" \(c\.yaml:2:12\)/,
  );
  assert.equal(second('{name: b, url: "http://b", mount: /b}'), '');
  assert.equal(second('{name: b, url: "http://b", match: {model: o1}}', same), '');
});

test('a file that is no mapping is said to be none', () => {
  assert.match(problemsOf('just text\n'), /c\.yaml: all of it is "just text": .*expected object/);
});
