import { text as readAll } from 'node:stream/consumers';
import { type Explanation, explainRule } from '../../rules/index.ts';
import { type Call, defineCommand, UsageError, writeJson } from './command.ts';
import { describeExplanation } from './explanation-text.ts';
import { loadRuleSet } from './load-rule-set.ts';
import { openDetector } from './open-detector.ts';
import { ROLE_NAMES, roleNamed } from './roles.ts';

const MAX_PATHS = 1_000;
/** 1 says that the rule did not fire, so what keeps that from being told is 2. */
const CANNOT_TELL = 2;

const options = {
  text: { type: 'string' },
  role: { type: 'string' },
  json: { type: 'boolean' },
} as const;

/** `telltale rules explain`: why a rule fires on a text, or how far it is from it. */
export const rulesExplainCommand = defineCommand({
  name: 'rules explain',
  summary: 'Show why a rule fires on a text, or how far it is from it',
  usage: 'RULE [PATH …] --text TEXT [--role ROLE] [--json]',
  details: `
RULE         name or id; a rule that is off can be explained too
PATH         files or folders; default the folder of TELLTALE_RULES, else the shipped rules
--text TEXT  what is read; - reads standard input
--role ROLE  who says it: ${ROLE_NAMES}; default the one whose segments the rule reads

On a terminal the tokens are shaded by their part of the nearest condition's threshold: the strongest shade is at the
threshold or over it. Span and features are those of the finding, or of what came nearest. Of a disguised text on which
the rule does not fire as it stands, what it reads without its disguise is explained.`,
  options,
  maxPositionals: 1 + MAX_PATHS,
  exitCodes: {
    meaning:
      '0 the rule fires, 1 it does not, 2 that cannot be told, for the command line or the rules are wrong',
    failure: CANNOT_TELL,
  },
  run: explain,
});

async function explain({ values, positionals, io }: Call<typeof options>): Promise<number> {
  const [rule, ...paths] = positionals;
  if (rule === undefined) throw new UsageError('rules explain: the name or id of a rule is needed');
  if (values.text === undefined) throw new UsageError('rules explain: --text is needed');
  const role = values.role === undefined ? undefined : roleNamed(values.role, 'rules explain');
  const text = values.text === '-' ? await readAll(process.stdin) : values.text;
  const { detector } = await openDetector(io.env, 1);
  try {
    const ruleSet = await loadRuleSet(paths, detector.featureset, { io, isJson: values.json === true });
    if (ruleSet === null) return CANNOT_TELL;
    const asked = { rule, text, ...(role === undefined ? {} : { role }) };
    const result = await explainRule({ ruleSet, detector }, asked);
    if (!result.ok) throw new UsageError(`rules explain: ${result.message}`);
    const { explanation } = result;
    if (values.json) writeJson(io, withTexts(explanation, text));
    else io.stdout.write(describeExplanation(explanation, { text, isColoured: io.hasColours }));
    return explanation.hasFired ? 0 : 1;
  } finally {
    await detector.close();
  }
}

function withTexts(explanation: Explanation, asItStands: string): object {
  const text = explanation.view?.text ?? asItStands;
  const tokens = explanation.tokens.map(({ start, end }) => ({ start, end, text: text.slice(start, end) }));
  return { ...explanation, tokens };
}
