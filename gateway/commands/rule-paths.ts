import { resolve } from 'node:path';
import { loadConfig } from '../config/load-config.ts';

/** The rule files or folders that a command is to read: those named, else the configured folder, else the rules that
 *  come with Telltale. */
export function rulePaths(named: readonly string[], env: NodeJS.ProcessEnv): readonly string[] {
  if (named.length > 0) return named;
  return [loadConfig(env).rules ?? resolve(import.meta.dirname, '../../rules/shipped')];
}
