import type { Outcome } from './outcome.ts';

/** Collects outcomes and prints them as they come. */
export interface Report {
  /** Prints one line for the file or check, and below it every failure with its error. */
  add(outcome: Outcome): void;
  /** Prints the totals as the last line and returns the exit status: 0 when nothing failed. */
  finish(): number;
}

/** A report that writes each line to `write`. */
export function createReport(write: (line: string) => void): Report {
  const total = { passed: 0, failed: 0, skipped: 0 };
  const add = (outcome: Outcome) => {
    total.passed += outcome.passed;
    total.failed += outcome.failures.length;
    total.skipped += outcome.skips.length;
    for (const line of describe(outcome)) write(line);
  };
  const finish = () => {
    const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : '';
    write(`${total.passed} passed, ${total.failed} failed${skipped}`);
    return total.failed === 0 ? 0 : 1;
  };
  return { add, finish };
}

function describe({ name, passed, skips, failures, seconds, output }: Outcome): string[] {
  const status = failures.length === 0 ? 'ok  ' : 'FAIL';
  const lines = [`${status} ${name} (${passed} passed, ${seconds.toFixed(1)} s)`];
  for (const skip of skips) lines.push(`  skipped: ${skip.name}: ${skip.reason}`);
  for (const failure of failures) lines.push(`  FAIL ${failure.name}`, indent(failure.error));
  if (failures.length > 0 && output.trim() !== '') lines.push('  it printed:', indent(output));
  return lines;
}

function indent(text: string): string {
  return text.trimEnd().replaceAll(/^/gm, '    ');
}
