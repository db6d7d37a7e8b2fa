import type { AggregateView, ConditionView, Judgement, Level, Outcome, PartView } from '../../../wire.ts';

const COUNT = new Intl.NumberFormat('en');
const JUDGEMENTS: Record<Judgement, string> = {
  correct: 'Correct',
  false_alarm: 'False alarm',
  unsure: 'Unsure',
};
/** Of what Telltale says of itself, where there is a trouble to see to and no rule to judge. */
const NOTICE_JUDGEMENTS: Record<Judgement, string> = {
  correct: 'Dealt with',
  false_alarm: 'No trouble',
  unsure: 'Unsure',
};
const OUTCOMES: Record<Outcome, string> = {
  pass: 'Passed',
  flag: 'Flagged',
  redact: 'Redacted',
  block: 'Blocked',
};
const ROLES: Record<string, string> = {
  system: 'System',
  user: 'User',
  assistant: 'Assistant',
  tool: 'Tool',
};

/** `12,345`. */
export const count = (value: number): string => COUNT.format(value);

/** A signal's value as people compare it: two digits after the point. */
export const figure = (value: number): string => value.toFixed(2).replace('-', '−');

/** `+0.51` or `−0.20`. */
export const signedFigure = (value: number): string => `${value < 0 ? '' : '+'}${figure(value)}`;

/** `64 %`; `<1 %` of what is little but not nothing. */
export const percent = (part: number): string =>
  part > 0 && part < 0.005 ? '<1 %' : `${Math.round(part * 100)} %`;

export const judgementName = (judgement: Judgement, isNotice = false): string =>
  (isNotice ? NOTICE_JUDGEMENTS : JUDGEMENTS)[judgement];
export const outcomeName = (outcome: Outcome): string => OUTCOMES[outcome];
export const roleName = (role: string): string => ROLES[role] ?? role;

/** `Tool read_mail`: who speaks, and of calls and results whose they are. */
export const speakerName = ({ role, tool }: Pick<PartView, 'role' | 'tool'>): string =>
  tool === null ? roleName(role) : role === 'tool' ? `Tool ${tool}` : `${roleName(role)}, tool ${tool}`;
export const levelName = (level: Level): string => `${level.charAt(0).toUpperCase()}${level.slice(1)}`;

const DISGUISES: Record<string, string> = {
  invisible: 'invisible characters',
  look_alikes: 'look-alike letters',
  encoded: 'base64 or another code',
  spaced: 'letters set apart',
  capitals: 'capitals throughout',
  leet: 'digits for letters',
  cipher: 'rot13 or backwards',
};

/** What was undone to read a disguised text: `invisible characters, digits for letters`. */
export const disguiseNames = (changes: readonly string[]): string =>
  changes.map((change) => DISGUISES[change] ?? change).join(', ');

/** A rate as odds that a person can picture: `1 in 1,000`. */
export function odds(rate: number): string {
  if (rate <= 0) return 'none';
  return rate >= 1 ? 'every one' : `1 in ${count(Math.round(1 / rate))}`;
}

/** `concept/power_seeking` becomes `power seeking`, `feature/12` becomes `feature 12`. */
export function signalName(signal: string): string {
  const [kind = '', name = signal] = signal.split('/');
  return kind === 'feature' ? `feature ${name}` : name.replaceAll('_', ' ');
}

export const featureName = (feature: { index: number; label: string | null }): string =>
  feature.label ?? `unlabelled feature ${feature.index}`;

/** Which number of a segment a rule compares. */
export function aggregateName({ kind, window }: AggregateView): string {
  return AGGREGATE_NAMES[kind](window);
}

/** The same of a condition, whose value may be that of the whole exchange. */
export function comparedName({ aggregate, per }: Pick<ConditionView, 'aggregate' | 'per'>): string {
  return `${aggregateName(aggregate)}${per === undefined ? '' : ', of all segments together'}`;
}

/** `token 3`, `tokens 3 to 9`; people count from one. */
export function tokensName({ firstToken, lastToken }: Pick<PartView, 'firstToken' | 'lastToken'>): string {
  const [first, last] = [firstToken + 1, lastToken + 1];
  return first === last ? `token ${first}` : `tokens ${first} to ${last}`;
}

const AGGREGATE_NAMES: Readonly<Record<AggregateView['kind'], (window: number) => string>> = {
  max: () => 'strongest token',
  mean: () => 'mean of all tokens',
  top_k_mean: (window) => `mean of the ${window} strongest tokens`,
  max_rolling_mean: (window) => `highest mean of ${window} tokens in a row`,
  sum: () => 'sum over all tokens',
  count_above: () => 'number of strong tokens',
  ema: (window) => `highest moving average over about ${window} tokens`,
  sustained: (window) => `what several of ${window} tokens in a row reach`,
  pair: (window) => `pair of tokens at most ${window} apart`,
};

/** The false-alarm rate that a threshold promises, with what supports it. */
export function promise({ rate, rateInterval, calibration }: ConditionView): string {
  if (rate === null) return 'The threshold was set by hand; no false-alarm rate is promised.';
  const sample = calibration === null ? '' : ` (n = ${count(calibration.segments)})`;
  const bounds = rateInterval === null ? '' : ` 95 % interval: ${interval(rateInterval)}.`;
  return `Fewer than ${odds(rate)} ordinary messages score this high${sample}.${bounds}`;
}

/** What the measured value itself is worth, or nothing where the sample cannot say. */
export function rarityOf({ rarity, calibration }: ConditionView): string | null {
  if (rarity === null || rarity <= 0) return null;
  const isBeyondSample = calibration !== null && 10 ** rarity > calibration.segments;
  const share = `about 1 in ${count(Number((10 ** rarity).toPrecision(2)))}`;
  return isBeyondSample
    ? `This one: ${share}, extrapolated beyond the sample.`
    : `This one: ${share} ordinary messages.`;
}

function interval([low, high]: readonly [number, number]): string {
  return `${low <= 0 ? 'none' : odds(low)} to ${odds(high)}`;
}
