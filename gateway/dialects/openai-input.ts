import { z } from 'zod';
import type { Collected } from './collected.ts';
import type { Read, RequestReading } from './dialect.ts';
import { namedUser } from './named-user.ts';
import { deploymentIn } from './openai-bases.ts';
import { readContent } from './openai-chat/read-content.ts';
import { textWithin } from './openai-chat/text-within.ts';
import { createPlace, type Place } from './place.ts';
import { shapeProblem } from './shape-problem.ts';

const texts = z.union([z.string(), z.array(z.unknown())], { error: 'expected a string or an array' });
const SHAPES = {
  prompt: z.looseObject({
    prompt: texts.nullish(),
    model: z.string().nullish(),
    stream: z.boolean().nullish(),
  }),
  input: z.looseObject({ input: texts, model: z.string().nullish() }),
};

/** Settings whose strings reach no model. */
const SETTINGS = [
  'user',
  'safety_identifier',
  'prompt_cache_key',
  'stop',
  'stream_options',
  'encoding_format',
  'logit_bias',
  'metadata',
];

/** Reads requests whose words stand under one key and not in messages. All other strings are read as well, except
 *  for settings.
 *  @param key - `prompt` may be absent, `input` may not; only requests with a `prompt` can be streamed */
export function createInputReader(
  key: keyof typeof SHAPES,
): (body: unknown, target: string) => Read<RequestReading> {
  const place = createPlace({ side: 'request', target: 'input', role: 'user' });
  return (body, target) => {
    const parsed = SHAPES[key].safeParse(body);
    if (!parsed.success) return { ok: false, problem: shapeProblem(parsed.error) };
    // The body itself is walked and not zod's copy, which leaves keys named __proto__ out.
    const { [key]: input, model, stream, ...rest } = body as Record<string, unknown>;
    const into: Collected = { segments: [], unread: [] };
    readInput(input, place.at(key), into);
    for (const setting of SETTINGS) delete rest[setting];
    textWithin(rest, place, into);
    return {
      ok: true,
      value: {
        ...into,
        model: deploymentIn(target) ?? (typeof model === 'string' ? model : null),
        isStreamed: key === 'prompt' && stream === true,
        conversation: null,
        ...namedUser(body as Record<string, unknown>),
        opening: JSON.stringify(input ?? null),
      },
    };
  };
}

/** A text, texts, parts or tokens. Tokens are of a vocabulary that only the upstream knows. */
function readInput(input: unknown, place: Place, into: Collected): void {
  if (!Array.isArray(input)) {
    readContent(input, place, into);
    return;
  }
  if (input.some(isNumber)) {
    const bytes = Buffer.byteLength(JSON.stringify(input));
    into.unread.push({ ref: place.ref(), reason: 'token_array', bytes });
    if (input.every(isNumber)) return;
  }
  for (const [index, item] of input.entries()) {
    if (Array.isArray(item)) readInput(item, place.at(index), into);
  }
  readContent(
    input.map((item) => (Array.isArray(item) ? null : item)),
    place,
    into,
  );
}

function isNumber(value: unknown): boolean {
  return typeof value === 'number';
}
