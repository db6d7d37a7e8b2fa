import type { Command } from './command.ts';
import { configCheckCommand } from './config-check.ts';
import { eraseCommand } from './erase.ts';
import { evalCommand } from './eval.ts';
import { outboxDropCommand } from './outbox-drop.ts';
import { outboxListCommand } from './outbox-list.ts';
import { outboxRetryCommand } from './outbox-retry.ts';
import { rulesBacktestCommand } from './rules-backtest.ts';
import { rulesCalibrateCommand } from './rules-calibrate.ts';
import { rulesCheckCommand } from './rules-check.ts';
import { rulesCoverageCommand } from './rules-coverage.ts';
import { rulesDiffCommand } from './rules-diff.ts';
import { rulesExplainCommand } from './rules-explain.ts';
import { rulesExportCommand } from './rules-export.ts';
import { rulesFmtCommand } from './rules-fmt.ts';
import { rulesInitCommand } from './rules-init.ts';
import { rulesRecordCommand } from './rules-record.ts';
import { rulesReplayCommand } from './rules-replay.ts';
import { rulesSchemaCommand } from './rules-schema.ts';
import { rulesTestCommand } from './rules-test.ts';
import { scoreCommand } from './score.ts';
import { silenceAddCommand } from './silence-add.ts';
import { silenceExpireCommand } from './silence-expire.ts';
import { silenceListCommand } from './silence-list.ts';
import { startCommand } from './start.ts';
import { versionCommand } from './version.ts';
import { workerCommand } from './worker.ts';

/** Every command of the program; `help` comes with `runCommandLine`. */
export const COMMANDS: readonly Command[] = [
  startCommand,
  workerCommand,
  scoreCommand,
  evalCommand,
  rulesInitCommand,
  rulesCheckCommand,
  rulesTestCommand,
  rulesCoverageCommand,
  rulesExplainCommand,
  rulesRecordCommand,
  rulesBacktestCommand,
  rulesReplayCommand,
  rulesExportCommand,
  rulesCalibrateCommand,
  rulesDiffCommand,
  rulesFmtCommand,
  rulesSchemaCommand,
  configCheckCommand,
  outboxListCommand,
  outboxRetryCommand,
  outboxDropCommand,
  eraseCommand,
  silenceAddCommand,
  silenceListCommand,
  silenceExpireCommand,
  versionCommand,
];
