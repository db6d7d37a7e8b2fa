import { relative } from 'node:path';
import { loadConfig } from '../config/load-config.ts';
import { ruleFolders } from '../rule-folders.ts';

/** The rule files or folders that a command is to read: those named, else the configured folders, else the rules that
 *  come with Telltale. */
export function rulePaths(named: readonly string[], env: NodeJS.ProcessEnv): readonly string[] {
  if (named.length > 0) return named;
  const { rules } = loadConfig(env);
  const folders = ruleFolders(rules);
  return rules === null ? folders.map((folder) => relative(process.cwd(), folder)) : folders;
}
