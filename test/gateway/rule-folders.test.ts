import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ruleFolders } from '../../gateway/rule-folders.ts';
import { startRules } from '../../gateway/start-rules.ts';
import { createLogger, createTelemetry } from '../../gateway/telemetry/index.ts';
import { rule, ruleFile } from './start-gateway.ts';
import { createWordDetector } from './word-detector.ts';

test("a team's overrides stand in a folder beside the rules that they change", async (context) => {
  const folders = [0, 1].map(() => mkdtempSync(join(tmpdir(), 'telltale-folders-')));
  const [shipped = '', team = ''] = folders;
  context.after(() => {
    for (const folder of folders) rmSync(folder, { recursive: true });
  });
  writeFileSync(join(shipped, 'a.yaml'), ruleFile([rule({ mode: 'flag', target: 'output' })]));
  const change = 'version: 1\noverrides: [{rule: deceives, override: replace, mode: enforce}]\n';
  writeFileSync(join(team, 'b.yaml'), change);
  const telemetry = createTelemetry({ version: 'test', otlpEndpoint: undefined, trustTraceContext: false });
  const detector = createWordDetector();
  const start = (setting: string) =>
    startRules({ folders: ruleFolders(setting), detector, telemetry, log: createLogger('silent') });
  const rules = await start(`${shipped}, ${team}`);
  assert.equal(rules.current().enforces('output'), true);
  await rules.close();
  await assert.rejects(start(team), /no rule has the name or id "deceives"/);
  await telemetry.close();
});

test('the shipped rules are named by a word, and are the default', () => {
  const [shipped] = ruleFolders(null);
  assert.match(shipped ?? '', /rules\/shipped$/);
  assert.deepEqual(ruleFolders('shipped, ./mine,'), [shipped, './mine']);
});
