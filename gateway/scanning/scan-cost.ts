/** What scoring has taken, of one text or of several. */
export interface ScanCost {
  /** Tokens that were scored or remembered. */
  readonly tokens: number;
  /** Of these the ones whose scores were remembered. */
  readonly tokensRecalled: number;
  /** The longest that one block of tokens waited for a batch of the reader. */
  readonly longestWaitMs: number;
  /** Time in the rules. */
  readonly rulesMs: number;
}

/** Of nothing. */
export const NO_COST: ScanCost = { tokens: 0, tokensRecalled: 0, longestWaitMs: 0, rulesMs: 0 };

/** Of all together. */
export function sumOfCosts(costs: readonly ScanCost[]): ScanCost {
  return costs.reduce(
    (sum, one) => ({
      tokens: sum.tokens + one.tokens,
      tokensRecalled: sum.tokensRecalled + one.tokensRecalled,
      longestWaitMs: Math.max(sum.longestWaitMs, one.longestWaitMs),
      rulesMs: sum.rulesMs + one.rulesMs,
    }),
    NO_COST,
  );
}
