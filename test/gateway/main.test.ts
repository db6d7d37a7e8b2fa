import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type TestContext, test } from 'node:test';
import { until } from './until.ts';

const FLAGS = ['--disable-warning=ExperimentalWarning', '--disable-warning=TimeoutNegativeWarning'];

/** Starts the program as `npm start` does, on free ports, in a folder of its own. */
function startMain(
  context: TestContext,
  env: Record<string, string>,
): { child: ChildProcess; folder: string; output: () => string } {
  const folder = mkdtempSync(join(tmpdir(), 'telltale-main-'));
  const child = spawn(process.execPath, [...FLAGS, resolve('gateway/main.ts')], {
    cwd: folder,
    env: { PATH: process.env['PATH'], PORT: '0', REVIEW_PORT: '0', TELLTALE_METRICS_PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout?.on('data', (part) => {
    output += part;
  });
  child.stderr?.on('data', (part) => {
    output += part;
  });
  context.after(() => {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });
  return { child, folder, output: () => output };
}

async function matched(output: () => string, pattern: RegExp, child: ChildProcess): Promise<string> {
  await until(() => {
    assert.equal(child.exitCode, null, output());
    return pattern.test(output());
  });
  return pattern.exec(output())?.[1] ?? '';
}

test('npm start shows where things are, answers, reloads on SIGHUP, and ends on SIGTERM with 0', async (context) => {
  const { child, folder, output } = startMain(context, {});
  const url = await matched(output, /gateway +(http:\S+)(?:[\s\S]*\n {4}curl .*){3}\n/, child);
  assert.match(output(), /review +http:\S+\n +metrics +http:\S+\/metrics\n +upstream +embedded demo/);
  assert.equal(output().match(/^ {4}curl /gm)?.length, 3);
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    body: JSON.stringify({ model: 'any', messages: [{ role: 'user', content: 'Hello' }] }),
  });
  assert.equal(response.status, 200);
  assert.ok(response.headers.get('x-telltale-exchange-id'));
  if (process.platform !== 'win32') {
    assert.equal(
      statSync(join(folder, '.telltale')).mode & 0o777,
      0o700,
      'what is kept is for its owner alone',
    );
  }
  await response.text();
  child.kill('SIGHUP');
  await matched(output, /(rules loaded)/, child);
  const ended = once(child, 'close');
  child.kill('SIGTERM');
  const [code] = await ended;
  assert.equal(code, 0, output());
});

const broken: [name: string, env: (folder: string) => Record<string, string>, message: RegExp][] = [
  ['a wrong variable', () => ({ PORT: 'high' }), /PORT: server\.port is "high"/],
  ['a model that is not there', () => ({ TELLTALE_MODEL: '/nowhere' }), /\/nowhere \(TELLTALE_MODEL\)/],
  [
    'a state folder that cannot be made',
    () => ({ TELLTALE_DATA: '/dev/null/telltale' }),
    /\/dev\/null\/telltale \(TELLTALE_DATA\)/,
  ],
  ['rules that are not there', () => ({ TELLTALE_RULES: '/nowhere' }), /\/nowhere \(TELLTALE_RULES\)/],
  ['a store that is no folder', (folder) => ({ TELLTALE_DATA: join(folder, 'file') }), /file/],
];

for (const [name, env, message] of broken) {
  test(`with ${name} it ends with 1 and a sentence, no stack`, async (context) => {
    const folder = mkdtempSync(join(tmpdir(), 'telltale-broken-'));
    context.after(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, 'file'), '');
    const { child, output } = startMain(context, env(folder));
    const [code] = await once(child, 'close');
    assert.equal(code, 1);
    assert.match(output(), message);
    assert.match(output(), /^telltale: /);
    assert.doesNotMatch(output(), /\n {4}at /);
  });
}
