import { localFiles } from '../../edge/local-files.ts';
import type { Machine } from '../../core/machine.ts';

const refuse = (): never => {
  throw new Error('this must not start programs, nor ask the Xen store');
};

/** Reads files, and can do nothing else. */
export const REFUSING: Machine = {
  run: refuse,
  attach: refuse,
  store: { read: refuse, list: refuse, write: refuse, watch: refuse },
  files: localFiles,
  now: () => 0,
  sleep: refuse,
};
