import { Secret } from '../../../core/secret.ts';
import { BACK, type Prompts } from '../../../installer/ui/prompts.ts';

/**
 * What a person does at one question: `back`, `stop` (Ctrl-C), the beginning of a choice's name, marked
 * choices, or text. Text that is refused is told in `seen` and the next answer is taken.
 */
export type Doing = { readonly back: true } | { readonly stop: Error } | string | readonly string[];

export const back: Doing = { back: true };

/** Prompts that are answered from a list; everything that was shown is in `seen`. */
export function scripted(doings: readonly Doing[]) {
  const left = [...doings];
  const seen: string[] = [];
  const next = (message: string): Exclude<Doing, { readonly stop: Error }> => {
    seen.push(`? ${message}`);
    const doing = left.shift();
    if (doing === undefined) throw new Error(`nobody answers "${message}"\n${seen.slice(-15).join('\n')}`);
    if (typeof doing === 'object' && 'stop' in doing) throw doing.stop;
    return doing;
  };
  const isBack = (doing: Doing): doing is { readonly back: true } =>
    typeof doing === 'object' && 'back' in doing;
  const typed = (message: string, validate?: (text: string) => string | undefined) => {
    for (;;) {
      const doing = next(message);
      if (isBack(doing)) return BACK;
      const text = String(doing);
      const wrong = validate?.(text);
      if (wrong === undefined) return text;
      seen.push(`! ${wrong}`);
    }
  };
  const find = <T>(choices: readonly { name: string; value: T }[], start: string): T => {
    const found = choices.find((choice) => choice.name.startsWith(start));
    if (found === undefined)
      throw new Error(`no choice "${start}" in ${choices.map((one) => one.name).join(', ')}`);
    return found.value;
  };
  const prompts: Prompts = {
    show: (text) => void seen.push(text),
    read: (text) => Promise.resolve(void seen.push(text)),
    select: (message, choices) => {
      const doing = next(message);
      return Promise.resolve(isBack(doing) ? BACK : find(choices, String(doing)));
    },
    several: (message, choices) => {
      const doing = next(message);
      if (isBack(doing)) return Promise.resolve(BACK);
      return Promise.resolve((doing as readonly string[]).map((start) => find(choices, start)));
    },
    input: (message, options) => Promise.resolve(typed(message, options?.validate)),
    secret: (message, validate) => {
      const text = typed(message, validate);
      return Promise.resolve(text === BACK ? BACK : new Secret(text));
    },
  };
  return { prompts, seen, left };
}
