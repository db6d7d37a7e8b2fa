import { type Featureset, openFeatureset } from '../../detectors/index.ts';
import { createRuleJsonSchema, createSchemaText } from '../../rules/index.ts';
import { loadConfig } from '../config/load-config.ts';
import { modelFolder } from '../open-detector.ts';
import { defineCommand, writeJson } from './command.ts';

/** `telltale rules schema`: what an editor needs to complete and check rule files. */
export const rulesSchemaCommand = defineCommand({
  name: 'rules schema',
  summary: 'Print the JSON Schema of rule files, for editors',
  usage: '[--any-featureset] [--json]',
  details: `
With the names of the featureset at hand (TELLTALE_MODEL, else the one that comes with Telltale, whose schema is
rules/schema.json too): an editor proposes its concepts, probes and labels, and marks those that are not there.
--any-featureset leaves them open, for rules of several. --json puts it on one line. VS Code with the extension YAML
completes and checks a rule file whose first line is

# yaml-language-server: $schema=PATH

with the schema's path from that file.`,
  options: { json: { type: 'boolean' }, 'any-featureset': { type: 'boolean' } },
  maxPositionals: 0,
  async run({ values, io }) {
    const featureset = values['any-featureset'] ? undefined : await featuresetOf(io.env);
    if (values.json) writeJson(io, createRuleJsonSchema(featureset));
    else io.stdout.write(createSchemaText(featureset));
    return 0;
  },
});

function featuresetOf(env: NodeJS.ProcessEnv): Promise<Featureset> {
  return openFeatureset(modelFolder(loadConfig(env)));
}
