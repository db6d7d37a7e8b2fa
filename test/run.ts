import { availableParallelism } from 'node:os';
import { runCheck, runStep, selectChecks } from './run/checks.ts';
import { cleanEnvironment } from './run/clean-environment.ts';
import { findTestFiles } from './run/files.ts';
import { createReport, type Report } from './run/report.ts';
import { runTestFile } from './run/test-file.ts';
import { requireAll } from './services/requirements.ts';

/** Not more on more cores: files bring brokers, databases and browsers of their own, and how they meet stays the same. */
const MAX_FILES_AT_ONCE = Math.min(2, availableParallelism());

/** `npm test [-- PATH…]`: static checks, then every test file whose path contains one of the arguments. */
async function main(filters: readonly string[]): Promise<number> {
  const files = findTestFiles(filters);
  if (files.length === 0) {
    process.stdout.write(`no test file matches: ${filters.join(' ') || 'test/**/*.test.ts'}\n`);
    return 1;
  }
  const report = createReport((line) => process.stdout.write(`${line}\n`));
  cleanEnvironment(process.env);
  if (filters.length === 0) report.add(runStep('programs that tests stand on', requireAll));
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
