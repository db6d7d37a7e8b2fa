import type { z } from 'zod';
import type { ShapeProblem } from './dialect.ts';

/** The first thing that is wrong with a body, and where. */
export function shapeProblem({ issues }: z.ZodError): ShapeProblem {
  const path = (issues[0]?.path ?? []).map(String);
  const name = path.length === 0 ? 'the body' : path.join('.');
  return {
    at: path.map((key) => `/${key}`).join(''),
    message: `${name}: ${issues[0]?.message ?? 'wrong shape'}`,
  };
}
