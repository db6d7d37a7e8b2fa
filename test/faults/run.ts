import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCampaign } from './campaign.ts';

/** `npm run test:faults [-- SECONDS]`: the long campaign; writes bench/results/faults.json and fails where anything that
 *  was acknowledged is missing. Faults end after SECONDS (default 420), whatever is still on the list. */
const maxSeconds = Number(process.argv[2] ?? 420);
const report = await runCampaign({
  faults: {
    gateway_killed: 50,
    gateway_restarted: 3,
    store_locked: 5,
    broker_killed: 20,
    broker_stopped: 1,
    broker_frozen: 3,
    broker_slow: 5,
    connections_cut: 10,
  },
  maxSeconds,
  conversations: 12,
  pauseMs: 40,
  stoppedMs: 60_000,
});
const path = join(import.meta.dirname, '../../bench/results/faults.json');
writeFileSync(path, `${JSON.stringify(report, null, 2)}\n`);
process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
const { missing, ghosts, altered, out_of_order, remainder, dead_letters } = report;
process.exitCode = missing + ghosts + altered + out_of_order + remainder + dead_letters === 0 ? 0 : 1;
