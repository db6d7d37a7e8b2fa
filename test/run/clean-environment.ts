import { SETTINGS } from '../../gateway/config/environment.ts';

/** What else changes what Node or a program prints, or where it connects. */
const OTHERS = ['FORCE_COLOR', 'NO_COLOR', 'CLICOLOR', 'CLICOLOR_FORCE', 'NODE_USE_ENV_PROXY', 'NODE_DEBUG'];
/** Ways out, by which programs are installed. */
const PROXIES = /_proxy$/i;

/** Takes out of an environment what would set Telltale up: a machine may well have a `PORT` or a `DATABASE_URL`, and tests
 *  expect what they say themselves. */
export function cleanEnvironment(env: NodeJS.ProcessEnv): void {
  const settings = SETTINGS.flatMap(({ variables }) => variables).filter((name) => !PROXIES.test(name));
  for (const name of [...settings, 'TELLTALE_CONFIG', ...OTHERS]) delete env[name];
}
