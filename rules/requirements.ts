import type { Featureset } from '../detectors/index.ts';
import { didYouMean } from './nearest.ts';
import { ENGINE_VERSION, isInRange, isRange } from './version-range.ts';

/** Why this engine may not read a document, before anything else of it is looked at; undefined where it may. */
export function engineMismatch(data: unknown): string | undefined {
  if (typeof data !== 'object' || data === null || !('required_engine' in data)) return undefined;
  const { required_engine: range } = data;
  if (typeof range !== 'string' || !isRange(range) || isInRange(ENGINE_VERSION, range)) return undefined;
  return `the file is for engine ${range}, this is ${ENGINE_VERSION}; use a telltale whose engine is in that range, or rules for this one`;
}

const DIGEST = /^[0-9a-f]{12,64}$/;

/** Why rules do not go with the featureset that is loaded; undefined where they do.
 *  @param wanted - a name, a name with a range of versions, or the beginning of a digest */
export function featuresetMismatch(wanted: string | undefined, loaded: Featureset): string | undefined {
  if (wanted === undefined) return undefined;
  const { name, version, digest } = loaded;
  if (DIGEST.test(wanted) && digest.startsWith(wanted)) return undefined;
  const [, wantedName = wanted, range] = /^(\S+)\s+(.+)$/.exec(wanted.trim()) ?? [];
  const shown = `loaded is "${name}" ${version} (${digest.slice(0, 12)})`;
  if (wantedName !== name) {
    const meant = didYouMean(wantedName, [name]) || '; name that one or load the other';
    return `the rules are for featureset "${wanted}", ${shown}${meant}`;
  }
  if (range === undefined || isInRange(version, range)) return undefined;
  if (!isRange(range)) return `"${range}" is no range of versions, such as ^0.1 or ">=0.1 <0.3"; ${shown}`;
  return `the rules are for featureset "${wanted}", ${shown}; load one in that range or change the rules`;
}
