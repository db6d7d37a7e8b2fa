import { requireProgram } from './system-program.ts';

/** The path of Prometheus' own tool; `PROMTOOL_PATH` names another one. */
export function requirePromtool(): string {
  return process.env['PROMTOOL_PATH'] ?? requireProgram(['promtool'], ['prometheus']);
}
