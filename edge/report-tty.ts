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

/** A place in a task list where the next task will be, or undefined at the list's end. */
type Link = Deferred<{ readonly task: Task; readonly rest: Link } | undefined>;

/** A task list that grows while it runs; listr2 itself takes all tasks of a list at its start. */
interface Growing {
  last: Link;
  /** Whether a task of the list failed: listr2 then marks the task above by itself. */
  failed: boolean;
}

interface Running extends Growing {
  title: string;
  readonly parent: Growing;
  /** Undefined until listr2 gets to the task, which may be after its end. */
  wrapper: Wrapper | undefined;
}

/** Draws events as a tree of tasks on a terminal. Warnings and errors follow when the drawing is over. */
export function terminalReporter(stream: NodeJS.WriteStream, write: (text: string) => void): Reporter {
  const root: Growing = { last: deferred(), failed: false };
  const tasks = new Map<string, Running>();
  const after: string[] = [];
  const drawing = new Listr<unknown, typeof StderrRenderer, typeof StderrRenderer>([tail(root.last, false)], {
    renderer: StderrRenderer,
    fallbackRenderer: StderrRenderer,
    registerSignalListeners: false,
    concurrent: true,
    exitOnError: false,
    rendererOptions: {
      logger: new ListrLogger({ processOutput: new ProcessOutput(stream, stream), toStderr: [] }),
      collapseErrors: false,
      collapseSkips: false,
      collapseSubtasks: false,
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
      for (const task of tasks.values()) task.last.resolve(undefined);
      root.last.resolve(undefined);
      await run;
      for (const text of after.splice(0)) write(`${text}\n`);
    },
  };
}

function start(event: Extract<Event, { type: 'started' }>, tasks: Map<string, Running>, root: Growing): void {
  const parent = (event.parent === undefined ? undefined : tasks.get(event.parent)) ?? root;
  const first: Link = deferred();
  const running: Running = { title: event.title, parent, last: first, failed: false, wrapper: undefined };
  tasks.set(event.id, running);
  const rest: Link = deferred();
  const task: Task = {
    title: event.title,
    task: (_, wrapper) => {
      running.wrapper = wrapper;
      wrapper.title = running.title;
      return follow(first, wrapper, true);
    },
  };
  parent.last.resolve({ task, rest });
  parent.last = rest;
}

/** An invisible task that becomes the task at `link` and another invisible task behind it. */
function tail(link: Link, exitOnError: boolean): Task {
  return { task: (_, wrapper) => follow(link, wrapper, exitOnError) };
}

async function follow(link: Link, wrapper: Wrapper, exitOnError: boolean): Promise<unknown> {
  const next = await link.promise;
  if (next === undefined) return undefined;
  return wrapper.newListr([next.task, tail(next.rest, exitOnError)], { concurrent: true, exitOnError });
}

function update(event: Event, tasks: Map<string, Running>): void {
  const id = 'id' in event ? event.id : undefined;
  const task = id === undefined ? undefined : tasks.get(id);
  if (id === undefined || task === undefined) return;
  if (event.type === 'progress') show(task, progressText(event));
  else if (event.type === 'log' && event.level === 'info') show(task, event.message);
  else if (event.type === 'failed') {
    tasks.delete(id);
    task.parent.failed = true;
    if (task.failed) task.last.resolve(undefined);
    else task.last.reject(new Error(event.message));
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
  if (suffix !== '') task.title += ` · ${suffix}`;
  if (task.wrapper !== undefined) task.wrapper.title = task.title;
  task.last.resolve(undefined);
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
