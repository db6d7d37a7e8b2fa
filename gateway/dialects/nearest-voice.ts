import type { Dialect, DialectRoute } from './dialect.ts';
import { routePath } from './route-path.ts';

/** Who answers a client whose path no dialect knows: the dialect whose routes are most like it. */
export type VoiceOf = (target: string) => Dialect;

interface Candidate {
  readonly dialect: Dialect;
  readonly segments: readonly string[];
  /** So many of them a path must have in common: on the ground of another API that API answers. */
  readonly least: number;
}

/** @param usual - answers where the path does not tell */
export function createVoiceOf(dialects: readonly Dialect[], usual: Dialect, prefix: string): VoiceOf {
  const routes = [usual, ...dialects].flatMap((dialect) =>
    dialect.routes.map((route): Candidate => candidateOf(dialect, route, prefix)),
  );
  return (target) => {
    const segments = segmentsOf(target);
    let best = { dialect: usual, likeness: 0 };
    for (const route of routes) {
      const likeness = likenessOf(route.segments, segments);
      if (likeness >= route.least && likeness > best.likeness) best = { dialect: route.dialect, likeness };
    }
    return best.dialect;
  };
}

function candidateOf(dialect: Dialect, route: DialectRoute, prefix: string): Candidate {
  const { version } = route;
  const ground = version === undefined ? '' : routePath(prefix, { path: '', version });
  return { dialect, segments: segmentsOf(routePath(prefix, route)), least: segmentsOf(ground).length };
}

/** How many segments are the same from the beginning on; a parameter is the same as anything. */
function likenessOf(route: readonly string[], path: readonly string[]): number {
  const differs = route.findIndex(
    (segment, index) => !segment.startsWith(':') && segment !== path[index]?.toLowerCase(),
  );
  return Math.min(differs === -1 ? route.length : differs, path.length);
}

function segmentsOf(target: string): string[] {
  return (target.split('?', 1)[0] ?? '').split('/').filter((segment) => segment !== '');
}
