import { checkbox, input, password, select } from '@inquirer/prompts';
import { AppError } from '../../core/errors.ts';
import { Secret } from '../../core/secret.ts';
import { fold } from '../checks/show.ts';
import { BACK, type Back, type Choice, type Prompts, type Validate } from './prompts.ts';

/** Where questions appear and keys come from: a terminal, or two streams in a test. */
export interface Terminal {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream & { readonly rows?: number; readonly columns?: number };
}

/** Plain ASCII: a serial console and the kernel's VGA font have little else. */
const PREFIX = { prefix: { idle: '?', done: '*' }, spinner: { frames: ['-'] } };
const KEYS = { style: { keysHelpTip: () => '(arrow keys move, Enter accepts, Esc goes back)' } };
const SELECT_THEME = { ...PREFIX, ...KEYS, icon: { cursor: '>' } };
const CHECKBOX_THEME = {
  ...PREFIX,
  ...KEYS,
  icon: { cursor: '>', checked: '[x]', unchecked: '[ ]' },
};

const HELP = '(Esc goes back)';

/** Questions by inquirer on a terminal. */
export function livePrompts(terminal: Terminal): Prompts {
  const ask = <T>(question: (context: { signal: AbortSignal } & Terminal) => Promise<T>) =>
    asked(terminal, question);
  return {
    show: (text) => void terminal.output.write(`${fold(text, columnsOf(terminal))}\n`),
    read: (text) => readScreens(terminal, text),
    select: (message, choices, initial) =>
      ask((context) =>
        select(
          {
            message,
            theme: SELECT_THEME,
            choices: choices.map(plainChoice),
            loop: false,
            pageSize: 12,
            ...(initial === undefined ? {} : { default: initial }),
          },
          context,
        ),
      ),
    several: (message, choices, initial) =>
      ask((context) =>
        checkbox(
          {
            message: `${message} (space marks)`,
            theme: CHECKBOX_THEME,
            loop: false,
            choices: choices.map((choice) => ({
              ...plainChoice(choice),
              checked: initial.includes(choice.value),
            })),
          },
          context,
        ),
      ),
    input: (message, options = {}) =>
      ask((context) =>
        input(
          {
            message: `${message} ${HELP}`,
            theme: PREFIX,
            validate: verdict(options.validate),
            ...(options.initial === undefined ? {} : { default: options.initial }),
          },
          context,
        ),
      ),
    secret: async (message, validate) => {
      const typed = await ask((context) =>
        password(
          { message: `${message} ${HELP}`, mask: '*', theme: PREFIX, validate: verdict(validate) },
          context,
        ),
      );
      return typed === BACK ? BACK : new Secret(typed);
    },
  };
}

/** Shows text a screen at a time, until its end or until Escape. */
async function readScreens(terminal: Terminal, text: string): Promise<void> {
  const width = columnsOf(terminal);
  const screens = intoScreens(fold(text, width), terminal.output.rows, width);
  for (const [at, screen] of screens.entries()) {
    terminal.output.write(`${screen}\n`);
    if (at + 1 === screens.length) return;
    const message = `Screen ${at + 1} of ${screens.length}: Enter shows more, Esc ends`;
    const more = await asked(terminal, (context) =>
      input({ message, theme: PREFIX }, { ...context, clearPromptOnDone: true }),
    );
    if (more === BACK) return;
  }
}

/** What a terminal has that does not say: a serial line, and the text mode of a PC. */
const ROWS = 25;
const COLUMNS = 80;

function columnsOf({ output }: Terminal): number {
  return output.columns !== undefined && output.columns > 0 ? output.columns : COLUMNS;
}

/** Text in pieces that fit a screen, with room for the question below. */
export function intoScreens(text: string, rows = 0, width = COLUMNS): readonly string[] {
  const room = (rows > 0 ? rows : ROWS) - 3;
  const screens: string[][] = [[]];
  let used = 0;
  for (const line of text.split('\n')) {
    const height = Math.max(1, Math.ceil(line.length / width));
    if (used + height > room && used > 0) {
      screens.push([]);
      used = 0;
    }
    screens.at(-1)?.push(line);
    used += height;
  }
  return screens.map((screen) => screen.join('\n'));
}

/** Once chosen, only what is before the colon stays on the screen: the rest explained it. */
function plainChoice<T>({ name, value, description }: Choice<T>) {
  const choice = { name, value, short: name.split(': ')[0] ?? name };
  return description === undefined ? choice : { ...choice, description };
}

function verdict(validate: Validate | undefined): (text: string) => string | true {
  return (text) => validate?.(text) ?? true;
}

/** One question. Escape ends it with `BACK`, Ctrl-C ends the wizard. */
async function asked<T>(
  terminal: Terminal,
  question: (context: { signal: AbortSignal } & Terminal) => Promise<T>,
): Promise<T | Back> {
  const escape = new AbortController();
  const onKey = (_: unknown, key: { readonly name?: string } | undefined): void => {
    if (key?.name === 'escape') escape.abort();
  };
  terminal.input.on('keypress', onKey);
  try {
    return await question({ ...terminal, signal: escape.signal });
  } catch (error) {
    if (escape.signal.aborted) return BACK;
    if (error instanceof Error && error.name === 'ExitPromptError') throw stopped();
    throw error;
  } finally {
    terminal.input.removeListener('keypress', onKey);
  }
}

function stopped(): AppError {
  return new AppError({
    kind: 'usage',
    code: 'wizard.stopped',
    what: 'You left the installer; nothing was written to any disk',
    next: 'qubeforge-install, to begin again',
  });
}
