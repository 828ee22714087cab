import type { Event } from '../../core/events.ts';
import type { Arguments } from './args.ts';
import type { Ports } from '../ports.ts';

/**
 * With `--json` every event is a line of JSON on stdout; else results go to stdout, the rest to stderr.
 * `narrate` words the events of steps.
 */
export function emit(
  args: Pick<Arguments, 'json'>,
  ports: Pick<Ports, 'out' | 'err'>,
  event: Event,
  narrate: (event: Event) => string | undefined = () => undefined,
): void {
  if (args.json) {
    const { text, ...rest } = { text: undefined, ...event };
    ports.out(`${JSON.stringify(event.type === 'result' ? rest : { ...rest, text })}\n`);
    return;
  }
  const line = narrate(event) ?? plain(event);
  if (line === undefined) return;
  (event.type === 'result' ? ports.out : ports.err)(`${line}\n`);
}

function plain(event: Event): string | undefined {
  switch (event.type) {
    case 'result':
    case 'error':
      return event.text;
    case 'log':
      return event.level === 'debug' ? undefined : `   ${event.message}`;
    default:
      return undefined;
  }
}
