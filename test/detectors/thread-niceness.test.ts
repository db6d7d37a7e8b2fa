import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { createDetector } from '../../detectors/index.ts';

const isLinux = process.platform === 'linux';

/** By thread: proc_pid_stat(5), field 19, behind a name in parentheses that may hold anything. */
function nicenessOfThreads(): ReadonlyMap<number, number> {
  return new Map(
    readdirSync('/proc/self/task').map((thread) => {
      const stat = readFileSync(`/proc/self/task/${thread}/stat`, 'utf8');
      return [Number(thread), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16])];
    }),
  );
}

test('the threads that read stand back, and no other', {
  skip: !isLinux && 'only Linux has it',
}, async () => {
  const before = nicenessOfThreads();
  const detector = await createDetector({ modelPath: 'models/default', workers: 2, niceness: 7 });
  const during = nicenessOfThreads();
  await detector.close();
  const nice = [...during].filter(([, niceness]) => niceness === 7).map(([thread]) => thread);
  // The library starts a thread of its own from the first of them.
  assert.ok(nice.length >= 2, `${nice.length} threads`);
  assert.deepEqual(
    nice.filter((thread) => before.has(thread)),
    [],
  );
});
