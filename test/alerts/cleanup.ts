import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

type Step = () => unknown;

const stacks = new WeakMap<TestContext, Step[]>();

/** Runs a step after the test, the last one registered first; all run, whatever fails. */
export function cleanUp(t: TestContext, step: Step): void {
  const stack = stacks.get(t) ?? [];
  stack.push(step);
  if (stacks.has(t)) return;
  stacks.set(t, stack);
  t.after(async () => {
    const errors: unknown[] = [];
    for (const next of stack.toReversed())
      await Promise.resolve()
        .then(next)
        .catch((error) => errors.push(error));
    if (errors.length > 0) throw new AggregateError(errors, 'clean-up failed');
  });
}

/** A folder that is removed with the test. */
export function dataFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'telltale-alerts-'));
  cleanUp(t, () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
