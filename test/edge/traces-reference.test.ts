import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { SEMANTICS } from '../../gateway/telemetry/index.ts';

test('the page on traces names every attribute and event that spans carry, and no other of ours', async () => {
  const page = await readFile(new URL('../../docs/traces.md', import.meta.url), 'utf8');
  const named = new Set([...page.matchAll(/`([a-z_]+(?:\.[a-z0-9_]+)+)`/g)].map(([, name]) => name));
  const known = new Set<string>(Object.values(SEMANTICS));
  for (const name of known) assert.ok(named.has(name), `${name} is not named`);
  const ours = [...named].filter((name) => /^(telltale|gen_ai|security_rule)\./.test(name ?? ''));
  for (const name of ours) assert.ok(known.has(name ?? ''), `${name} is on no span`);
});
