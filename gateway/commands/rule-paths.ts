import { relative, resolve } from 'node:path';
import { loadConfig } from '../config/load-config.ts';

/** The rule files or folders that a command is to read: those named, else the configured folder, else the rules that
 *  come with Telltale. */
export function rulePaths(named: readonly string[], env: NodeJS.ProcessEnv): readonly string[] {
  if (named.length > 0) return named;
  const shipped = resolve(import.meta.dirname, '../../rules/shipped');
  return [loadConfig(env).rules ?? relative(process.cwd(), shipped)];
}
