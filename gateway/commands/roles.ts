import type { Role } from '../../detectors/index.ts';

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
