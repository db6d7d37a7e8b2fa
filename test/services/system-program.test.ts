import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findProgram, requireProgram } from './system-program.ts';

test('a program on the PATH is found under the first name that exists', () => {
  assert.match(findProgram(['no-such-program-here', 'node']) ?? '', /\/node$/);
  assert.equal(findProgram(['no-such-program-here']), undefined);
});

test('a missing program is named together with the packages that carry it', (t) => {
  const getuid = process.getuid;
  t.after(() => Object.assign(process, { getuid }));
  Object.assign(process, { getuid: () => 1000 });
  const message =
    'no-such-program is not on the PATH; these tests need it (Debian: apt-get install some-package)';
  assert.throws(() => requireProgram(['no-such-program'], ['some-package']), { message });
});
