import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';

test('a detector that is closed while it reads takes no process with it', async () => {
  const args = ['--disable-warning=ExperimentalWarning', 'test/detectors/workers/close-early.ts'];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number | null]>,
  ]);
  assert.deepEqual([code, stdout], [0, 'CLOSED,read'], stderr);
});
