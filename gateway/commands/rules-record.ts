import { text as readAll } from 'node:stream/consumers';
import { recordText } from '../../rules/index.ts';
import { type Call, defineCommand, UsageError } from './command.ts';
import { loadRuleSet } from './load-rule-set.ts';
import { openDetector } from './open-detector.ts';
import { ROLE_NAMES, roleNamed } from './roles.ts';

const MAX_PATHS = 1_000;
const options = { text: { type: 'string' }, role: { type: 'string' }, json: { type: 'boolean' } } as const;

/** `telltale rules record`: what a rule reads of a text, for a test that needs no reader. */
export const rulesRecordCommand = defineCommand({
  name: 'rules record',
  summary: 'Print what a rule reads of a text, for a test with recorded activations',
  usage: 'RULE [PATH …] --text TEXT [--role ROLE] [--json]',
  details: `
RULE         name or id; a rule that is off can be recorded too
PATH         files or folders; default the folder of TELLTALE_RULES, else the shipped rules
--text TEXT  what is read; - reads standard input
--role ROLE  who says it: ${ROLE_NAMES}; default the one whose segments the rule reads

Prints JSON whether or not --json is given: the values of the rule's signals and of their features, token by token,
without the text. Kept beside the rules, a test names it: {activations: FILE, expect: fire}. It holds for the featureset
that it was recorded with.`,
  options,
  maxPositionals: 1 + MAX_PATHS,
  run: record,
});

async function record({ values, positionals, io }: Call<typeof options>): Promise<number> {
  const [rule, ...paths] = positionals;
  if (rule === undefined) throw new UsageError('rules record: the name or id of a rule is needed');
  if (values.text === undefined) throw new UsageError('rules record: --text is needed');
  const role = values.role === undefined ? undefined : roleNamed(values.role, 'rules record');
  const text = values.text === '-' ? await readAll(process.stdin) : values.text;
  const { detector } = await openDetector(io.env, 1);
  try {
    const ruleSet = await loadRuleSet(paths, detector.featureset, { io, isJson: values.json === true });
    if (ruleSet === null) return 1;
    const asked = { rule, text, ...(role === undefined ? {} : { role }) };
    const result = await recordText({ ruleSet, detector }, asked);
    if (!result.ok) throw new UsageError(`rules record: ${result.message}`);
    io.stdout.write(result.recording);
    return 0;
  } finally {
    await detector.close();
  }
}
