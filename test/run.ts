import { runCheck, selectChecks } from './run/checks.ts';
import { findTestFiles } from './run/files.ts';
import { createReport, type Report } from './run/report.ts';
import { runTestFile } from './run/test-file.ts';

const MAX_FILES_AT_ONCE = 2;

/** `npm test [-- PATH…]`: static checks, then every test file whose path contains one of the arguments. */
async function main(filters: readonly string[]): Promise<number> {
  const files = findTestFiles(filters);
  if (files.length === 0) {
    process.stdout.write(`no test file matches: ${filters.join(' ') || 'test/**/*.test.ts'}\n`);
    return 1;
  }
  const report = createReport((line) => process.stdout.write(`${line}\n`));
  for (const check of selectChecks(files, filters.length > 0)) report.add(runCheck(check));
  await runAll(files, report);
  return report.finish();
}

async function runAll(files: readonly string[], report: Report): Promise<void> {
  const queue = [...files];
  const worker = async () => {
    for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
      report.add(await runTestFile(file));
    }
  };
  await Promise.all(Array.from({ length: MAX_FILES_AT_ONCE }, worker));
}

process.exitCode = await main(process.argv.slice(2));
