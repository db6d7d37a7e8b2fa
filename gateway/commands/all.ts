import type { Command } from './command.ts';
import { configCheckCommand } from './config-check.ts';
import { evalCommand } from './eval.ts';
import { outboxListCommand } from './outbox-list.ts';
import { rulesBacktestCommand } from './rules-backtest.ts';
import { rulesCheckCommand } from './rules-check.ts';
import { rulesCoverageCommand } from './rules-coverage.ts';
import { rulesExplainCommand } from './rules-explain.ts';
import { rulesRecordCommand } from './rules-record.ts';
import { rulesSchemaCommand } from './rules-schema.ts';
import { rulesTestCommand } from './rules-test.ts';
import { scoreCommand } from './score.ts';
import { startCommand } from './start.ts';
import { versionCommand } from './version.ts';

/** Every command of the program; `help` comes with `runCommandLine`. */
export const COMMANDS: readonly Command[] = [
  startCommand,
  scoreCommand,
  evalCommand,
  rulesCheckCommand,
  rulesTestCommand,
  rulesCoverageCommand,
  rulesExplainCommand,
  rulesRecordCommand,
  rulesBacktestCommand,
  rulesSchemaCommand,
  configCheckCommand,
  outboxListCommand,
  versionCommand,
];
