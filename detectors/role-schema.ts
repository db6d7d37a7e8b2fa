import { z } from 'zod';

/** A `Role` in files and messages. */
export const roleSchema = z.enum(['system', 'user', 'assistant', 'tool']);
