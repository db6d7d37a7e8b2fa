/** What one test file or one check came to. `output` is what it printed, shown only when something failed. */
export interface Outcome {
  name: string;
  passed: number;
  skips: readonly Skip[];
  failures: readonly Failure[];
  seconds: number;
  output: string;
}

/** A failed test: its full name and the error as text. */
export interface Failure {
  name: string;
  error: string;
}

/** A skipped test with the reason it gives. */
export interface Skip {
  name: string;
  reason: string;
}
