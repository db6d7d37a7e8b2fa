import type { Level } from '../../rules/index.ts';
import { levelRank } from '../levels.ts';
import type { Alert, DeliveryOutcome, Sink } from '../types.ts';
import { type AlertGroups, createAlertGroups, type Grouping } from './alert-groups.ts';
import { isMatch, type Matchers } from './matchers.ts';
import { createRateLimiter, type RateLimit, type RateLimiter } from './rate-limit.ts';
import type { SilenceBook } from './silences.ts';

/** What of all alerts one sink gets. What it does not get stays in the store and is counted by why. */
export interface Routing {
  /** Left out: everything. */
  readonly route?: Matchers;
  readonly silences?: SilenceBook;
  readonly group?: Grouping;
  readonly rateLimit?: RateLimit;
  /** Alerts of this level and above are neither grouped nor limited; default `critical`. */
  readonly neverHeld?: Level;
}

/** An alert that is to be delivered, and what depends on its being delivered. */
interface Sending {
  readonly index: number;
  readonly alert: Alert;
  readonly group: string | null;
  readonly hasPermit: boolean;
  /** Places of later alerts of its group. */
  readonly followers: number[];
}

interface Plan {
  readonly outcomes: (DeliveryOutcome | undefined)[];
  readonly sending: Sending[];
  /** Places of alerts for which no permit was left. */
  readonly overLimit: number[];
  /** One for each alert of a group that was told of already. */
  readonly heldGroups: string[];
}

/** A sink behind a route, silences, groups and a rate. What was held back is held back for good; what only follows the
 *  first of its group is held back once that first one is delivered, else it comes again with it; what is over the rate, once
 *  all that went out within it is delivered. */
export function createRoutedSink(sink: Sink, routing: Routing): Sink {
  const groups = routing.group && createAlertGroups(routing.group);
  const limiter = routing.rateLimit && createRateLimiter(routing.rateLimit);
  return {
    name: sink.name,
    ...(sink.mayTakeMs !== undefined && { mayTakeMs: sink.mayTakeMs }),
    close: () => sink.close(),
    async deliver(alerts, abortSignal) {
      const plan = planFor(alerts, { routing, groups, limiter });
      const { outcomes, sending } = plan;
      try {
        if (sending.length === 0) return outcomes as DeliveryOutcome[];
        const answers = await sink.deliver(
          sending.map(({ alert }) => alert),
          abortSignal,
        );
        for (const [place, { index }] of sending.entries()) outcomes[index] = answers[place];
      } finally {
        // Who gave up waiting asks for all of it again, whatever became of it: it counts then.
        const isHeard = !abortSignal.aborted;
        for (const sent of sending) conclude(sent, outcomes, { groups, limiter, isHeard });
        concludeOverLimit(alerts, plan);
        if (isHeard) for (const group of plan.heldGroups) groups?.holdBack(group);
      }
      return outcomes as DeliveryOutcome[];
    },
  };
}

interface State {
  readonly groups: AlertGroups | undefined;
  readonly limiter: RateLimiter | undefined;
}

function planFor(alerts: readonly Alert[], { routing, groups, limiter }: State & { routing: Routing }): Plan {
  const outcomes: (DeliveryOutcome | undefined)[] = alerts.map(() => undefined);
  const sending: Sending[] = [];
  const overLimit: number[] = [];
  const heldGroups: string[] = [];
  for (const [index, alert] of alerts.entries()) {
    const why = heldBefore(alert, routing);
    if (why !== null) {
      outcomes[index] = why;
      continue;
    }
    const isHoldable = levelRank(alert.finding.level) < levelRank(routing.neverHeld ?? 'critical');
    const group = isHoldable && groups !== undefined ? groups.keyOf(alert) : null;
    const leader = group === null ? undefined : sending.find((sent) => sent.group === group);
    if (leader !== undefined) leader.followers.push(index);
    else if (group !== null && groups?.isTold(group)) {
      heldGroups.push(group);
      outcomes[index] = { outcome: 'held', by: 'group' };
    } else if (isHoldable && limiter?.take() === false) overLimit.push(index);
    else {
      const heldBack = group === null ? 0 : (groups?.heldBack(group) ?? 0);
      const marked = heldBack === 0 ? alert : { ...alert, heldBack };
      sending.push({ index, alert: marked, group, hasPermit: isHoldable, followers: [] });
    }
  }
  return { outcomes, sending, overLimit, heldGroups };
}

/** Why an alert does not even come into question. */
function heldBefore(alert: Alert, { route, silences }: Routing): DeliveryOutcome | null {
  if (route !== undefined && !isMatch(route, alert)) return { outcome: 'held', by: 'route' };
  const silence = silences?.find(alert) ?? null;
  return silence === null ? null : { outcome: 'held', by: 'silence', silence: silence.id };
}

function conclude(
  sent: Sending,
  outcomes: (DeliveryOutcome | undefined)[],
  { groups, limiter, isHeard }: State & { readonly isHeard: boolean },
): void {
  const outcome = isHeard ? outcomes[sent.index]?.outcome : undefined;
  const isDelivered = outcome === 'delivered';
  if (!isDelivered && sent.hasPermit) limiter?.giveBack();
  if (sent.group === null) return;
  if (isDelivered) groups?.told(sent.group);
  for (const index of sent.followers) {
    if (isDelivered) groups?.holdBack(sent.group);
    if (isDelivered) outcomes[index] = { outcome: 'held', by: 'group' };
    else if (outcome === 'later') outcomes[index] = { outcome };
    else outcomes[index] = { outcome: 'retry', reason: 'comes again with the first of its group' };
  }
}

/** Where a permit was not used, nothing is over the limit yet: it comes again, unless what followed it in its conversation
 *  has gone out, behind which it must not come. */
function concludeOverLimit(alerts: readonly Alert[], { outcomes, sending, overLimit }: Plan): void {
  const isDelivered = ({ index }: Sending) => outcomes[index]?.outcome === 'delivered';
  const isPermitFree = sending.some((sent) => sent.hasPermit && !isDelivered(sent));
  for (const place of overLimit) {
    const conversation = alerts[place]?.conversationId;
    const isPassed = sending.some(
      (sent) => sent.index > place && sent.alert.conversationId === conversation && isDelivered(sent),
    );
    outcomes[place] =
      isPermitFree && !isPassed ? { outcome: 'later' } : { outcome: 'held', by: 'rate_limit' };
  }
}
