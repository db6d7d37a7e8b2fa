import packageJson from '../../package.json' with { type: 'json' };
import { defineCommand, writeJson } from './command.ts';

/** `telltale version` */
export const versionCommand = defineCommand({
  name: 'version',
  summary: 'Print the version',
  usage: '[--json]',
  details: '',
  options: { json: { type: 'boolean' } },
  maxPositionals: 0,
  async run({ values, io }) {
    const versions = { telltale: packageJson.version, node: process.versions.node };
    if (values.json) writeJson(io, versions);
    else io.stdout.write(`telltale ${versions.telltale} (node ${versions.node})\n`);
    return 0;
  },
});
