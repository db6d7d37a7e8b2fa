import { z } from 'zod';
import { EVENT_FIELD_NAMES } from '../events/types.ts';
import { eventFieldsSchema } from './alert-test.ts';
import { type Fault, fault } from './fault.ts';
import { offsetText, parseOffset } from './words.ts';

const MAX_EVENTS = 500;
const EXPECTATION = 'must be quiet, or a list of times such as [9m]';

const eventSchema = z
  .strictObject({
    at: offsetText.describe('When, from the beginning of the test: `0s`, `90s`, `5m`, `2h`. In their order.'),
    rule: z.string().min(1).describe('Name or id of the rule, or of the correlation, that fired.'),
    fields: eventFieldsSchema
      .optional()
      .describe(
        'Fields of the exchange, in place of those of the test. Default of `exchange`: one of its own for each event.',
      ),
    words: z
      .string()
      .min(1)
      .optional()
      .describe(
        'The words that it fired on. Events of one rule and conversation with the same words are the same words sent again, and count once. Default: others each time.',
      ),
  })
  .describe('A finding of a rule.');

const firingSchema = z
  .strictObject({
    at: offsetText.describe('When it fires.'),
    group: z
      .partialRecord(z.enum(EVENT_FIELD_NAMES), z.string())
      .optional()
      .describe('Fields of the group that it fires for; others of the group may be anything.'),
    held_back: z
      .boolean()
      .optional()
      .describe("Whether the correlation's `alert` holds it back, so that it is recorded and no alert."),
  })
  .describe('A finding of the correlation.');

/** A test of a correlation, as it is written in a file. */
export const correlationTestSchema = z
  .strictObject({
    name: z.string().min(1).describe('What the case shows.'),
    fields: eventFieldsSchema.optional().describe('Fields of the exchanges of all events.'),
    events: z
      .array(eventSchema)
      .min(1)
      .max(MAX_EVENTS)
      .describe('What fired, in the order of time. No reader is asked: the times are made up.'),
    until: offsetText
      .optional()
      .describe(
        'Time goes on to then after the last event. Default: until nothing waits any more for what must not follow, nor for its timespan to end.',
      ),
    expect: z
      .union(
        [z.literal('quiet', EXPECTATION), z.array(z.union([offsetText, firingSchema])).min(1)],
        EXPECTATION,
      )
      .describe(
        '`quiet`, or every time at which the correlation fires, and no other: `[9m]`, `[{at: 9m, group: {conversation: one}}]`.',
      ),
  })
  .superRefine((test, context) => {
    for (const { path, message } of findFaults(test)) {
      context.addIssue({ code: 'custom', path: [...path], message });
    }
  })
  .describe('A test of the correlation.')
  .meta({ id: 'correlation_test' });

export type CorrelationTest = z.infer<typeof correlationTestSchema>;

interface TestKeys {
  readonly events: readonly { readonly at: string }[];
  readonly until?: string | undefined;
}

function findFaults({ events, until }: TestKeys): Fault[] {
  const times = events.map(({ at }) => parseOffset(at));
  const early = times.findIndex((at, i) => at < (times[i - 1] ?? 0));
  if (early >= 0) return [fault(['events', early, 'at'], 'must not be before the event above')];
  if (until === undefined || parseOffset(until) >= (times.at(-1) ?? 0)) return [];
  return [fault(['until'], 'must not be before the last event')];
}
