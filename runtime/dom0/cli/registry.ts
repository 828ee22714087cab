import { applyCommand } from './commands/apply.ts';
import { checkCommand } from './commands/check.ts';
import { consoleCommand } from './commands/console.ts';
import { deviceCommand } from './commands/device.ts';
import { cloneCommand, createCommand, removeCommand, setCommand } from './commands/edit.ts';
import { importCommand } from './commands/import.ts';
import { listCommand } from './commands/list.ts';
import { poolCommand } from './commands/pool.ts';
import { restartCommand, startCommand, stopCommand } from './commands/power.ts';
import { reconcileCommand } from './commands/reconcile.ts';
import { revertCommand } from './commands/revert.ts';
import { runCommand } from './commands/run.ts';
import type { QubeCommand } from './command.ts';

/** Every command of `qube`, in the order of its help. */
export const COMMANDS: readonly QubeCommand[] = [
  applyCommand,
  checkCommand,
  listCommand,
  createCommand,
  startCommand,
  stopCommand,
  restartCommand,
  removeCommand,
  cloneCommand,
  setCommand,
  revertCommand,
  runCommand,
  consoleCommand,
  deviceCommand,
  poolCommand,
  importCommand,
  reconcileCommand,
];
