import {
  DefaultRenderer,
  Listr,
  ListrLogger,
  PRESET_TIMER,
  ProcessOutput,
  type ListrTask,
  type ListrTaskWrapper,
} from 'listr2';
import type { Event, EventSink } from '../core/events.ts';
import type { Reporter } from './reporter.ts';
import { progressText } from './report-lines.ts';

/** listr2's drawing, told that its stream is a terminal: it would look at stdout, and we draw on stderr. */
class StderrRenderer extends DefaultRenderer {
  static override nonTTY = true;
}

type Wrapper = ListrTaskWrapper<unknown, typeof StderrRenderer, typeof StderrRenderer>;
type Task = ListrTask<unknown, typeof StderrRenderer, typeof StderrRenderer>;

/** Resolved from outside. */
interface Deferred<T> {
  readonly promise: Promise<T>;
  resolve(value: T): void;
  reject(error: Error): void;
}

/** A task list that grows while it runs; listr2 itself takes all tasks of a list at its start. */
interface Growing {
  /** What comes next: one more task, or the end. */
  next: Deferred<Task | undefined>;
}

interface Running extends Growing {
  readonly title: string;
  readonly parent: Growing;
  wrapper: Wrapper | undefined;
}

/** Draws events as a tree of tasks on a terminal. Warnings and errors follow when the drawing is over. */
export function terminalReporter(stream: NodeJS.WriteStream, write: (text: string) => void): Reporter {
  const root: Growing = { next: deferred() };
  const tasks = new Map<string, Running>();
  const after: string[] = [];
  const drawing = new Listr<unknown, typeof StderrRenderer, typeof StderrRenderer>([tail(root, false)], {
    renderer: StderrRenderer,
    fallbackRenderer: StderrRenderer,
    registerSignalListeners: false,
    concurrent: true,
    exitOnError: false,
    rendererOptions: {
      logger: new ListrLogger({ processOutput: new ProcessOutput(stream, stream), toStderr: [] }),
      collapseErrors: false,
      collapseSkips: false,
      timer: { ...PRESET_TIMER, condition: (duration) => duration > 100 },
    },
  });
  // Nothing is drawn before the first task, so that a command without tasks leaves no empty lines.
  let run: Promise<unknown> | undefined;
  const sink: EventSink = (event) => {
    if (event.type === 'started') {
      run ??= drawing.run();
      start(event, tasks, root);
    } else if (event.type === 'error') after.push(event.text);
    else if (event.type === 'log' && (event.level === 'warning' || event.level === 'error')) {
      after.push(`${event.level}: ${event.message}`);
    } else update(event, tasks);
  };
  return {
    sink,
    async close() {
      for (const task of tasks.values()) task.next.resolve(undefined);
      root.next.resolve(undefined);
      await run;
      for (const text of after.splice(0)) write(`${text}\n`);
    },
  };
}

function start(event: Extract<Event, { type: 'started' }>, tasks: Map<string, Running>, root: Growing): void {
  const parent = (event.parent === undefined ? undefined : tasks.get(event.parent)) ?? root;
  const running: Running = { title: event.title, parent, next: deferred(), wrapper: undefined };
  tasks.set(event.id, running);
  push(parent, {
    title: event.title,
    task: async (_, wrapper) => {
      running.wrapper = wrapper;
      const first = await running.next.promise;
      return first === undefined
        ? undefined
        : wrapper.newListr([first, tail(running, true)], { concurrent: true });
    },
  });
}

/** Appends to a growing list: the waiting tail gets the task, and a new tail takes its place. */
function push(list: Growing, task: Task): void {
  const waiting = list.next;
  list.next = deferred();
  waiting.resolve(task);
}

/** An invisible task that becomes the next task of the list and another tail behind it. */
function tail(list: Growing, exitOnError: boolean): Task {
  return {
    task: async (_, wrapper) => {
      const next = await list.next.promise;
      return next === undefined
        ? undefined
        : wrapper.newListr([next, tail(list, exitOnError)], { concurrent: true, exitOnError });
    },
  };
}

function update(event: Event, tasks: Map<string, Running>): void {
  const id = 'id' in event ? event.id : undefined;
  const task = id === undefined ? undefined : tasks.get(id);
  if (id === undefined || task === undefined) return;
  if (event.type === 'progress') show(task, progressText(event));
  else if (event.type === 'log' && event.level === 'info') show(task, event.message);
  else if (event.type === 'failed') {
    tasks.delete(id);
    task.next.reject(new Error(event.message));
  } else if (event.type === 'finished') {
    tasks.delete(id);
    end(task, event);
  }
}

function show(task: Running, text: string): void {
  if (task.wrapper !== undefined) task.wrapper.output = text;
}

function end(task: Running, event: Extract<Event, { type: 'finished' }>): void {
  const marks = [event.outcome === 'done' ? undefined : event.outcome, event.detail];
  const suffix = marks.filter((mark) => mark !== undefined).join(' · ');
  if (task.wrapper !== undefined && suffix !== '') task.wrapper.title = `${task.title} · ${suffix}`;
  task.next.resolve(undefined);
}

function deferred<T>(): Deferred<T> {
  let resolve: Deferred<T>['resolve'] = () => undefined;
  let reject: Deferred<T>['reject'] = () => undefined;
  const promise = new Promise<T>((onValue, onError) => {
    resolve = onValue;
    reject = onError;
  });
  // A task that ends before its turn has nobody waiting yet; that must not count as unhandled.
  promise.catch(() => undefined);
  return { promise, resolve, reject };
}
