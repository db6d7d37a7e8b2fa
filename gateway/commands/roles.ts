import type { Role } from '../../detectors/index.ts';
import { UsageError } from './command.ts';

/** Names that data uses for who speaks, and the role that the reader knows them as. */
export const ROLE_OF_NAME: ReadonlyMap<string, Role> = new Map([
  ['system', 'system'],
  ['developer', 'system'],
  ['user', 'user'],
  ['assistant', 'assistant'],
  ['tool', 'tool'],
  ['function', 'tool'],
  ['document', 'tool'],
]);

/** The known names, for messages. */
export const ROLE_NAMES = [...ROLE_OF_NAME.keys()].join(', ');

/** The role of the name that a command was given.
 *  @throws {UsageError} naming the command and the known names */
export function roleNamed(name: string, command: string): Role {
  const role = ROLE_OF_NAME.get(name);
  if (role === undefined) throw new UsageError(`${command}: unknown role ${name}; known: ${ROLE_NAMES}`);
  return role;
}
