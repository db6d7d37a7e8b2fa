import { loadConfig } from '../config/load-config.ts';
import { GatewayError } from '../gateway-error.ts';
import { CommandFailure, defineCommand, writeJson } from './command.ts';

/** `telltale config check` */
export const configCheckCommand = defineCommand({
  name: 'config check',
  summary: 'Check the configuration and print what it comes to',
  usage: '[--json]',
  details: `Reads the file that TELLTALE_CONFIG names and the environment over it, as the gateway does. Exit code 1 where a
value is wrong; every problem names the variable or file:line:column and the value.`,
  options: { json: { type: 'boolean' } },
  maxPositionals: 0,
  async run({ values, io }) {
    try {
      const config = loadConfig(io.env);
      const shown = JSON.parse(JSON.stringify(config, (_key, value) => withoutPassword(value)));
      if (values.json) writeJson(io, { ok: true, config: shown });
      else io.stdout.write(`${JSON.stringify(shown, null, 2)}\n`);
      return 0;
    } catch (error) {
      if (!(error instanceof GatewayError) || error.code !== 'CONFIG') throw error;
      if (!values.json) throw new CommandFailure(error.message, { cause: error });
      writeJson(io, { ok: false, problems: error.fields['problems'] });
      return 1;
    }
  },
});

/** URLs are shown without the user and password that they may carry. */
function withoutPassword(value: unknown): unknown {
  return typeof value === 'string' ? value.replace(/^((?:https?|postgres(?:ql)?):\/\/)[^/@]*@/, '$1') : value;
}
