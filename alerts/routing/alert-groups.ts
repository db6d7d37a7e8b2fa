import type { Alert } from '../types.ts';

/** By what alerts are alike. */
export type GroupKey = 'rule' | 'level' | 'tenant' | 'conversation';

/** Of alerts that are alike, one goes out and the others are held back for a while. */
export interface Grouping {
  readonly by: readonly GroupKey[];
  readonly waitMs: number;
}

/** Which groups were told of, and how many were held back since. */
export interface AlertGroups {
  keyOf(alert: Alert): string;
  /** Whether an alert of this group went out within the wait. */
  isTold(key: string): boolean;
  /** Held back since the last one that went out. */
  heldBack(key: string): number;
  told(key: string): void;
  holdBack(key: string): void;
}

/** More are not remembered: those go that are past their wait and have held nothing back, else the group that was told of
 *  first, whose next alert goes out and says nothing of those held back. */
const MAX_GROUPS = 10_000;

const FIELDS: Readonly<Record<GroupKey, (alert: Alert) => string | null>> = {
  rule: ({ finding }) => finding.ruleId,
  level: ({ finding }) => finding.level,
  tenant: ({ tenant }) => tenant,
  conversation: ({ conversationId }) => conversationId,
};

interface Group {
  readonly toldAt: number;
  heldBack: number;
}

/** No group was told of yet, as after every start. Times are monotonic. */
export function createAlertGroups({ by, waitMs }: Grouping): AlertGroups {
  const groups = new Map<string, Group>();
  return {
    keyOf: (alert) => JSON.stringify(by.map((key) => FIELDS[key](alert))),
    isTold(key) {
      const group = groups.get(key);
      return group !== undefined && performance.now() - group.toldAt < waitMs;
    },
    heldBack: (key) => groups.get(key)?.heldBack ?? 0,
    told(key) {
      groups.delete(key);
      groups.set(key, { toldAt: performance.now(), heldBack: 0 });
      if (groups.size > MAX_GROUPS) makeRoom(groups, waitMs);
    },
    holdBack(key) {
      const group = groups.get(key);
      if (group !== undefined) group.heldBack += 1;
    },
  };
}

/** @param groups - the one that was told of first, first */
function makeRoom(groups: Map<string, Group>, waitMs: number): void {
  const until = performance.now() - waitMs;
  for (const [key, { toldAt, heldBack }] of groups) {
    if (toldAt > until) break;
    if (heldBack === 0) groups.delete(key);
  }
  const oldest = groups.size > MAX_GROUPS ? groups.keys().next().value : undefined;
  if (oldest !== undefined) groups.delete(oldest);
}
