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

/** More are not remembered: the group that was told of first is forgotten, and its next alert goes out. */
const MAX_GROUPS = 10_000;

const FIELDS: Readonly<Record<GroupKey, (alert: Alert) => string | null>> = {
  rule: ({ finding }) => finding.ruleId,
  level: ({ finding }) => finding.level,
  tenant: ({ tenant }) => tenant,
  conversation: ({ conversationId }) => conversationId,
};

/** No group was told of yet, as after every start. Times are monotonic. */
export function createAlertGroups({ by, waitMs }: Grouping): AlertGroups {
  const groups = new Map<string, { toldAt: number; heldBack: number }>();
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
      const oldest = groups.size > MAX_GROUPS ? groups.keys().next().value : undefined;
      if (oldest !== undefined) groups.delete(oldest);
    },
    holdBack(key) {
      const group = groups.get(key);
      if (group !== undefined) group.heldBack += 1;
    },
  };
}
