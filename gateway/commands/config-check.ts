import { loadConfig } from '../config/load-config.ts';
import type { Config } from '../config/schema.ts';
import { hostAlone, withoutSecrets } from '../config/without-secrets.ts';
import { GatewayError } from '../gateway-error.ts';
import { checkActing } from '../handover/check-acting.ts';
import { CommandFailure, type CommandIo, defineCommand, writeJson } from './command.ts';

/** `telltale config check` */
export const configCheckCommand = defineCommand({
  name: 'config check',
  summary: 'Check the configuration and print what it comes to',
  usage: '[--json]',
  details: `Reads the file that TELLTALE_CONFIG names and the environment over it, as the gateway does. Exit code 1 where a
value is wrong; every problem names the variable or file:line:column and the value. Where exchanges are scored by workers
the rules are read too: those that enforce could act no more, and are refused or named.`,
  options: { json: { type: 'boolean' } },
  maxPositionals: 0,
  async run({ values, io }) {
    try {
      const config = loadConfig(io.env);
      const { problem, onlyFlag } = await checkActing(config);
      if (problem !== null) {
        const message = `the configuration has a problem:\n  ${problem}`;
        throw new GatewayError('CONFIG', message, { fields: { problems: [problem] } });
      }
      show(config, onlyFlag, { io, isJson: values.json === true });
      return 0;
    } catch (error) {
      if (!(error instanceof GatewayError) || error.code !== 'CONFIG') throw error;
      if (!values.json) throw new CommandFailure(error.message, { cause: error });
      writeJson(io, { ok: false, problems: error.fields['problems'] });
      return 1;
    }
  },
});

function show(
  config: Config,
  onlyFlag: readonly string[],
  { io, isJson }: { readonly io: CommandIo; readonly isJson: boolean },
): void {
  const shown = withoutItsSecrets(config);
  if (isJson) {
    writeJson(io, { ok: true, config: shown, ...(onlyFlag.length > 0 && { onlyFlag }) });
    return;
  }
  io.stdout.write(`${JSON.stringify(shown, null, 2)}\n`);
  if (onlyFlag.length === 0) return;
  io.stderr.write(
    `rules that enforce and will only flag, since scoring.where is kafka: ${onlyFlag.join(', ')}\n`,
  );
}

/** The configuration as anybody may see it: addresses without what they may carry of secrets. */
function withoutItsSecrets(config: Config): object {
  const sinks = config.sinks.map((sink) =>
    sink.type === 'webhook' ? { ...sink, url: hostAlone(sink.url) } : sink,
  );
  return JSON.parse(JSON.stringify({ ...config, sinks }), (_key, value) =>
    typeof value === 'string' ? withoutSecrets(value) : value,
  );
}
