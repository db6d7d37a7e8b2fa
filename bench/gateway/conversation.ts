import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { machine } from '../machine.ts';
import { EARLY, measureTurns, turnsTable } from './turns.ts';

/** `node bench/gateway/conversation.ts [--conversations N] [--turns N] [--out FILE]`: what turn 2 and turn 50 of a
 *  conversation cost, which a client sends whole each time: time to the whole answer, tokens that the reader read, CPU
 *  of all threads. Medians over conversations of which no two share a text; with the shipped rules observing and
 *  enforcing, and, for comparison, without what is remembered. JSON on standard output, a table on standard error. */

const { values } = parseArgs({
  options: {
    conversations: { type: 'string', default: '9' },
    turns: { type: 'string', default: '50' },
    out: { type: 'string' },
  },
});
const conversations = Number(values.conversations);
const late = Number(values.turns);
const results = await measureTurns({ conversations, late, isForgetfulToo: true });
const report = { machine: machine(), conversations, turns: { early: EARLY, late }, ...results };
process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
process.stderr.write(turnsTable(results, late));
if (values.out !== undefined) writeFileSync(values.out, `${JSON.stringify(report, null, 2)}\n`);
