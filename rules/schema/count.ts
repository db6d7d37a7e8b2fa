import { z } from 'zod';
import { type Fault, fault, present } from './fault.ts';

const MAX_COUNT = 1000;

const number = (least: number, meaning: string) =>
  z.int().min(least).max(MAX_COUNT).optional().describe(meaning);

/** How many events, values or rules a correlation asks for. */
export const countSchema = z
  .strictObject({
    gte: number(1, 'At least so many: it fires with the event that makes them so many.'),
    gt: number(0, 'More than so many.'),
    lte: number(0, 'At most so many, and at least one: it is decided when the timespan ends.'),
    lt: number(0, 'Fewer than so many, and at least one.'),
    eq: number(0, 'Exactly so many: it is decided when the timespan ends.'),
  })
  .superRefine((count, context) => {
    for (const { path, message } of findFaults(count)) {
      context.addIssue({ code: 'custom', path: [...path], message });
    }
  })
  .describe(
    'How many: one of `gte`, `gt`, `lte`, `lt`, `eq`, or a lower and an upper bound together. Required of both counts; of `temporal` how many of the rules, default all; refused of `temporal_ordered`.',
  )
  .meta({ id: 'count', minProperties: 1 });

export interface CountDefinition {
  readonly gte?: number | undefined;
  readonly gt?: number | undefined;
  readonly lte?: number | undefined;
  readonly lt?: number | undefined;
  readonly eq?: number | undefined;
}

/** The same in two numbers; `most` is null where more is never too much. */
export function boundsOf({ gte, gt, lte, lt, eq }: CountDefinition): {
  readonly least: number;
  readonly most: number | null;
} {
  const least = eq ?? gte ?? (gt ?? 0) + 1;
  const most = eq ?? lte ?? (lt === undefined ? null : lt - 1);
  return { least, most };
}

function findFaults(count: CountDefinition): Fault[] {
  const lower = present(count, ['gte', 'gt']);
  const upper = present(count, ['lte', 'lt']);
  const exact = present(count, ['eq']);
  const isOne = exact.length === 1 ? lower.length + upper.length === 0 : lower.length + upper.length > 0;
  if (!isOne || lower.length > 1 || upper.length > 1) {
    return [fault([], 'must have one of gte, gt, lte, lt, eq, or one of gte, gt with one of lte, lt')];
  }
  const { least, most } = boundsOf(count);
  if (most === null) return [];
  const [key = 'eq'] = upper;
  if (most < 1) {
    return [
      fault(
        [key],
        `${count[key]} is never so: time is counted from the first event, so there is at least one; that nothing comes is told by unless_then of what must be followed`,
      ),
    ];
  }
  return least > most ? [fault([key], `no number is at least ${least} and at most ${most}`)] : [];
}
