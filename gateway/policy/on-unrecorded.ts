import { LEVELS, levelRank } from '../../alerts/index.ts';
import type { Finding } from '../../rules/index.ts';
import type { Config } from '../config/schema.ts';

/** What happens to an answer whose record could not be written: the level of the strongest finding that flags or enforces
 *  decides, and `none` where there is none. */
export function onUnrecorded(
  { on_unrecorded: byLevel }: Config['policy'],
  findings: readonly Pick<Finding, 'mode' | 'level'>[],
): 'pass' | 'block' {
  const acting = findings.filter(({ mode }) => mode === 'flag' || mode === 'enforce');
  const rank = Math.max(-1, ...acting.map(({ level }) => levelRank(level)));
  return byLevel[LEVELS[rank] ?? 'none'];
}

/** The same of an exchange that nobody has scored: it may be of any level, so the strictest decides. */
export function ifUnscoredUnrecorded({ on_unrecorded: byLevel }: Config['policy']): 'pass' | 'block' {
  return Object.values(byLevel).includes('block') ? 'block' : 'pass';
}
