import { $ } from 'zx/core';
import { shellQuote } from '../builder/sandbox/script.ts';

/**
 * zx with the POSIX shell that every system has: by default it asks for bash, which small containers lack.
 * `exec` makes the shell become the command, so that the process zx knows is the command itself: a signal
 * reaches it, and its death signal (prctl(2), PR_SET_PDEATHSIG) is tied to this process.
 */
$.shell = '/bin/sh';
$.prefix = 'exec ';
$.postfix = '';
$.quote = shellQuote;

export { $ };
