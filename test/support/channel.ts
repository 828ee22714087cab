import type { Duplex } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';

/** What ends every wait at once: the machine will not get to what is expected after one of these. */
export const FATAL: readonly RegExp[] = [
  /Kernel panic - not syncing[^\n]*/,
  /\(XEN\) Panic on CPU[^\n]*/,
  /\(XEN\) \*{8,}\r?\n\(XEN\) Panic[^\n]*/,
  /segfault at [0-9a-f]+ ip[^\n]*/,
  /BUG: unable to handle[^\n]*/,
  /Oops: [^\n]*/,
  /You are in emergency mode[^\n]*/,
  /X64 Exception Type[^\n]*/,
];

const TAIL_LINES = 40;

interface Waiter {
  readonly check: () => boolean;
  readonly fail: (error: Error) => void;
}

/** A terminal of a machine: everything it printed, and what a person would type. Escape sequences and carriage returns are taken out. */
export class Channel {
  readonly name: string;
  readonly #stream: Duplex;
  readonly #fatal: readonly RegExp[];
  readonly #pace: { readonly size: number; readonly pause: number };
  #text = '';
  #raw = '';
  #unfinished = '';
  #read = 0;
  #searchedForFatal = 0;
  #dead: Error | undefined;
  #waiters = new Set<Waiter>();

  /** `pace`: characters written at a time, and milliseconds between; a UART loses what comes faster. */
  constructor(
    name: string,
    stream: Duplex,
    options: { readonly fatal?: readonly RegExp[]; readonly pace?: { size: number; pause: number } } = {},
  ) {
    this.name = name;
    this.#stream = stream;
    this.#fatal = options.fatal ?? FATAL;
    this.#pace = options.pace ?? { size: 4096, pause: 0 };
    const decoder = new StringDecoder('utf8');
    stream.on('data', (chunk: Buffer) => {
      this.#append(decoder.write(chunk));
    });
    stream.on('error', () => undefined);
  }

  /** Everything printed since the machine started. */
  get transcript(): string {
    return this.#text;
  }

  /** The same with carriage returns and escape sequences. */
  get raw(): string {
    return this.#raw;
  }

  /**
   * Waits until what is printed after the last match has `pattern`, and returns the match. Throws with the end of
   * the transcript when `limit` milliseconds pass, the machine panics, a program in it crashes, or QEMU ends.
   */
  async expect(pattern: RegExp, limit: number): Promise<RegExpExecArray> {
    let found: RegExpExecArray | null = null;
    const search = (): boolean => {
      found = new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, '')).exec(
        this.#text.slice(this.#read),
      );
      if (found === null) return false;
      this.#read += found.index + found[0].length;
      return true;
    };
    if (!search()) await this.#wait(search, limit, `${String(pattern)} within ${limit / 1000} s`);
    return found as unknown as RegExpExecArray;
  }

  /** Leaves everything printed so far unread: the next `expect` sees only what comes now. */
  skip(): void {
    this.#read = this.#text.length;
  }

  /** Types text as it is. */
  async send(text: string): Promise<void> {
    for (let at = 0; at < text.length; at += this.#pace.size) {
      this.#stream.write(text.slice(at, at + this.#pace.size));
      if (this.#pace.pause > 0) await new Promise((resolve) => setTimeout(resolve, this.#pace.pause));
    }
  }

  /** Types a line and Enter. */
  async sendLine(line: string): Promise<void> {
    await this.send(`${line}\r`);
  }

  /**
   * Runs a command in the shell that waits at this terminal, and returns its output and exit code. The marks are
   * typed in two halves, so that the echo of the line is not taken for its output.
   */
  async run(command: string, limit: number): Promise<{ readonly output: string; readonly exitCode: number }> {
    const mark = `qf${Math.random().toString(36).slice(2, 10)}`;
    await this.sendLine(`echo ${mark}''begin; ${command}; echo ${mark}''end $?`);
    const found = await this.expect(new RegExp(`${mark}begin\\n([\\s\\S]*?)${mark}end (\\d+)\\n`), limit);
    return { output: found[1] ?? '', exitCode: Number(found[2]) };
  }

  /** Ends every wait with `error`, now and from here on. */
  fail(error: Error): void {
    this.#dead ??= error;
    for (const waiter of this.#waiters) waiter.fail(this.#dead);
  }

  /** After a restore the machine is alive again, whatever came before. */
  revive(): void {
    this.#dead = undefined;
    this.#searchedForFatal = this.#text.length;
    this.skip();
  }

  #append(text: string): void {
    this.#raw += text;
    const raw = this.#unfinished + text;
    const escape = String.fromCharCode(27);
    const open = new RegExp(`${escape}(\\[[0-9;?!]*|\\][^\\u0007]*)?$`).exec(raw);
    const whole = open === null ? raw : raw.slice(0, open.index);
    this.#unfinished = open === null ? '' : raw.slice(open.index);
    const sequences = new RegExp(
      `${escape}(\\[[0-9;?!]*[a-zA-Z]|\\][^\\u0007]*\\u0007|[()][A-Z0-9]|[=>78cM])`,
      'g',
    );
    this.#text += whole.replace(sequences, '').replaceAll('\r', '');
    this.#lookForFatal();
    for (const waiter of [...this.#waiters]) if (waiter.check()) this.#waiters.delete(waiter);
  }

  #lookForFatal(): void {
    // A little overlap: the line may have come in two pieces.
    const recent = this.#text.slice(Math.max(0, this.#searchedForFatal - 200));
    const hit = this.#fatal.flatMap((pattern) => pattern.exec(recent) ?? [])[0];
    this.#searchedForFatal = this.#text.length;
    if (hit !== undefined)
      this.fail(new Error(`${this.name}: the machine said: ${hit.trim()}${this.#tail()}`));
  }

  #wait(check: () => boolean, limit: number, what: string): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#dead !== undefined) {
        reject(this.#dead);
        return;
      }
      const finish = (error?: Error): void => {
        clearTimeout(timer);
        this.#waiters.delete(waiter);
        if (error === undefined) resolve();
        else reject(error);
      };
      const waiter: Waiter = {
        check: () => {
          const done = check();
          if (done) finish();
          return done;
        },
        fail: finish,
      };
      const timer = setTimeout(() => {
        finish(new Error(`${this.name}: expected ${what}${this.#tail()}`));
      }, limit);
      this.#waiters.add(waiter);
    });
  }

  #tail(): string {
    const lines = this.#text.slice(this.#read).trimEnd().split('\n').slice(-TAIL_LINES);
    return `\n--- last lines of ${this.name} ---\n${lines.join('\n')}\n---`;
  }
}
