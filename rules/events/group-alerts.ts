import { type AlertDefinition, parseDuration } from '../schema.ts';
import type { AlertGroup } from './types.ts';

/** The grouping of a rule's alerts, with times in milliseconds. */
export interface CompiledAlert extends Pick<AlertDefinition, 'threshold' | 'count'> {
  readonly groupBy: AlertDefinition['group_by'];
  readonly windowMs: number;
}

/** @returns null where nothing is held back */
export function compileAlert(definition: AlertDefinition | undefined): CompiledAlert | null {
  if (definition === undefined) return null;
  const { threshold, count, group_by: groupBy, window } = definition;
  return { threshold, count, groupBy, windowMs: parseDuration(window) };
}

export interface Alerted {
  readonly group: AlertGroup;
  readonly isHeldBack: boolean;
  /** How many were held back since the last alert, where this is one. */
  readonly heldBack: number;
}

/** Whether a window that began at `start` is open; one that begins a window ahead was begun under another clock. */
export function isOpenAt({ windowMs }: Pick<CompiledAlert, 'windowMs'>, start: number, at: number): boolean {
  return Math.abs(at - start) < windowMs;
}

/** Whether one more finding of a group becomes an alert; pure. A window begins with its first finding. */
export function groupAlert(alert: CompiledAlert, before: AlertGroup | undefined, at: number): Alerted {
  const { threshold, count } = alert;
  const isOpen = before !== undefined && isOpenAt(alert, before.start, at);
  const start = isOpen ? before.start : at;
  const findings = (isOpen ? before.findings : 0) + 1;
  const heldBefore = before?.heldBack ?? 0;
  if (BECOMES_ALERT[threshold](findings, count)) {
    return { group: { start, findings, heldBack: 0 }, isHeldBack: false, heldBack: heldBefore };
  }
  return { group: { start, findings, heldBack: heldBefore + 1 }, isHeldBack: true, heldBack: heldBefore + 1 };
}

const BECOMES_ALERT: Readonly<
  Record<AlertDefinition['threshold'], (findings: number, count: number) => boolean>
> = {
  limit: (findings, count) => findings <= count,
  threshold: (findings, count) => findings % count === 0,
  both: (findings, count) => findings === count,
};
