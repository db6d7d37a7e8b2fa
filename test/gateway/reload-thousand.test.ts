import assert from 'node:assert/strict';
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { rule, ruleFile, startGateway } from './start-gateway.ts';
import { answerJson, completion, startUpstream } from './test-upstream.ts';

const RELOADS = 1_000;
/** Between the beginnings of a client's exchanges, at least, and by turns one more: they meet both generations. */
const RELOADS_APART = 20;
const CLIENTS = 4;

const chat = (content: string) => ({ model: 'demo', messages: [{ role: 'user', content }] });

const TARGETS = { first: 'input', second: 'output' } as const;

/** Two rules in files of their own, one on what is asked and one on what is answered, marked with the generation. */
function writeGeneration(folder: string, title: string): void {
  mkdirSync(folder);
  for (const [name, target] of Object.entries(TARGETS)) {
    const text = ruleFile([rule({ name, target })]).replace(`title: ${name}`, `title: ${title}`);
    writeFileSync(join(folder, `${name}.yaml`), text);
  }
}

test('a thousand reloads under load mix no set and drop no finding', async (t) => {
  let reloads = 0;
  // Every exchange sees reloads between its request and its answer.
  const upstream = await startUpstream(t, async (response) => {
    const before = reloads;
    while (reloads === before && reloads < RELOADS) await sleep(1);
    answerJson(response, completion('they deceive me'));
  });
  const gateway = await startGateway(t, { upstream: upstream.url });
  const { rulesFolder } = gateway;
  // As a ConfigMap is mounted: files are links through ..data, which is swapped.
  for (const title of ['even', 'odd']) writeGeneration(join(rulesFolder, `..${title}`), title);
  symlinkSync('..even', join(rulesFolder, '..data'));
  for (const name of Object.keys(TARGETS)) {
    symlinkSync(join('..data', `${name}.yaml`), join(rulesFolder, `${name}.yaml`));
  }
  rmSync(join(rulesFolder, 'a.yaml'));
  await gateway.reloadRules();

  const answers: Response[] = [];
  const client = async () => {
    for (let next = 0; reloads < RELOADS; next = reloads + RELOADS_APART + (answers.length % 2)) {
      while (reloads < Math.min(next, RELOADS)) await sleep(1);
      const answer = await gateway.post(chat('they deceive me'));
      await answer.text();
      answers.push(answer);
    }
  };
  const clients = Array.from({ length: CLIENTS }, client);
  for (; reloads < RELOADS; reloads += 1) {
    symlinkSync(reloads % 2 === 0 ? '..odd' : '..even', join(rulesFolder, '..next'));
    renameSync(join(rulesFolder, '..next'), join(rulesFolder, '..data'));
    await gateway.reloadRules();
  }
  await Promise.all(clients);

  assert.ok(answers.length > CLIENTS, `${answers.length} exchanges`);
  const digests = new Set<string>();
  for (const answer of answers) {
    const { findings } = await gateway.recordOf(answer);
    const told = findings.map(({ finding }) => `${finding.ruleName} ${finding.ruleTitle}`).sort();
    const [title = ''] = findings.map(({ finding }) => finding.ruleTitle);
    assert.deepEqual(told, [`first ${title}`, `second ${title}`]);
    const own = new Set(findings.map(({ finding }) => finding.ruleSetDigest));
    assert.equal(own.size, 1);
    digests.add([...own].join());
  }
  assert.equal(digests.size, 2, 'exchanges of both generations');
  assert.match(await gateway.metrics(), /telltale_rule_reloads_total\{[^}]*outcome="loaded"[^}]*\} 1\d\d\d/);
});
