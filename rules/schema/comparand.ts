import { z } from 'zod';
import { plainName } from './words.ts';

const listReference = z
  .strictObject({ list: plainName.describe('Name of a list of this or another file.') })
  .describe('All texts of a list.');

/** What a field is compared with: a text, or several of which one must compare. */
export const comparandSchema = z
  .union(
    [z.string(), listReference, z.array(z.union([z.string(), listReference])).min(1)],
    'must be a text, a list of texts or {list: NAME}',
  )
  .meta({ id: 'comparand' });

export type Comparand = z.infer<typeof comparandSchema>;
