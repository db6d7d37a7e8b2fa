import { defineCommand } from './command.ts';

/** `telltale start`: the gateway itself, as `npm start` runs it. */
export const startCommand = defineCommand({
  name: 'start',
  summary: 'Start the gateway, the review page and the metrics',
  usage: '',
  details: `
Reads the file that TELLTALE_CONFIG names and the environment (telltale config check shows what it comes to). Ends with
SIGTERM or SIGINT, after the streams in flight.`,
  options: {},
  maxPositionals: 0,
  async run() {
    await import('../main.ts');
    return Number(process.exitCode ?? 0);
  },
});
