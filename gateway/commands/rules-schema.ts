import { createRuleJsonSchema, createSchemaText } from '../../rules/index.ts';
import { defineCommand, writeJson } from './command.ts';

/** `telltale rules schema`: what an editor needs to complete and check rule files. */
export const rulesSchemaCommand = defineCommand({
  name: 'rules schema',
  summary: 'Print the JSON Schema of rule files, for editors',
  usage: '[--json]',
  details: `
The same as rules/schema.json; --json puts it on one line. VS Code with the extension YAML completes and checks a rule
file whose first line is

# yaml-language-server: $schema=PATH

with the schema's path from that file.`,
  options: { json: { type: 'boolean' } },
  maxPositionals: 0,
  async run({ values, io }) {
    if (values.json) writeJson(io, createRuleJsonSchema());
    else io.stdout.write(createSchemaText());
    return 0;
  },
});
