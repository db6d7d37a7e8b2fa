import { readFileSync } from 'node:fs';
import { z } from 'zod';

const figure = z.number();
const measured = z.object({
  probing: z.object({
    languages: z.object({
      by_language: z.record(z.string(), z.object({ translation: figure, other_sentence: figure })),
    }),
  }),
  costs: z.array(
    z.object({
      layers: z.int(),
      precision: z.string(),
      auroc: z.record(z.string(), figure),
      tokens_a_second: z.record(z.string(), figure),
    }),
  ),
});

/** Figures that training measured, as they lie beside the shipped featureset. */
export type Measured = z.infer<typeof measured>;
export type Cost = Measured['costs'][number];

/** @throws ZodError where the file lacks them */
export function readMeasured(file: string): Measured {
  return measured.parse(JSON.parse(readFileSync(file, 'utf8')));
}
