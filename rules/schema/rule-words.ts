import { z } from 'zod';
import { describedEnum } from './described-enum.ts';

export const levelSchema = z.enum(['informational', 'low', 'medium', 'high', 'critical']);

export const targetSchema = describedEnum({
  input: 'What users say.',
  output: 'What the assistant says, in the request and in the answer.',
  system: 'System prompts.',
  tool_call: 'What the assistant asks a tool for.',
  tool_result: 'What a tool gave back.',
  any: 'All of them.',
});
