export type RulesErrorCode =
  | 'NOT_COMPILED'
  | 'SHIPPED_BROKEN'
  | 'TOKENS_OUT_OF_ORDER'
  | 'SIGNAL_MISSING'
  | 'SEGMENT_FINISHED'
  | 'RECORDING_UNUSABLE'
  | 'CALIBRATION_UNUSABLE';

/** A promise broken by the caller of the rules: a state that no rule set made, tokens out of order.
 *  What a person may get wrong in a rule file is a `RuleProblem`, never this. */
export class RulesError extends Error {
  override readonly name = 'RulesError';
  readonly code: RulesErrorCode;

  constructor(code: RulesErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
