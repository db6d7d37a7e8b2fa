import type { Command } from './command.ts';
import { configCheckCommand } from './config-check.ts';
import { outboxListCommand } from './outbox-list.ts';
import { versionCommand } from './version.ts';

/** Every command of the program; `help` comes with `runCommandLine`. */
export const COMMANDS: readonly Command[] = [configCheckCommand, outboxListCommand, versionCommand];
