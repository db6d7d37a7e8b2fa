import { z } from 'zod';
import { roleSchema } from '../detectors/index.ts';

/** A `SegmentRef` as it is written down. */
export const segmentRefSchema = z.strictObject({
  id: z.string(),
  target: z.enum(['input', 'output', 'system', 'tool_call', 'tool_result']),
  role: roleSchema,
  pointer: z.string(),
  choice: z.int().nullable(),
  tool: z.string().nullable().optional(),
  language: z.string().nullable().optional(),
});
