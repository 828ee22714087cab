import { eachQube, field } from './rule.ts';
import type { Qube } from '../resolve.ts';

/** Following `netvm` from any qube ends. Every qube on a loop is reported, those behind it are not. */
export const networkLoop = eachQube('network-loop', (qube, { qubes }) => {
  const loop = pathBackTo(qube, qubes);
  if (loop === undefined) return [];
  return [
    {
      path: field(qube, 'netvm'),
      what: `the network runs in a circle: ${[...loop, qube.name].join(' → ')}`,
      remedy: `give one of ${loop.join(', ')} another netvm, or none`,
    },
  ];
});

function pathBackTo(start: Qube, qubes: ReadonlyMap<string, Qube>): readonly string[] | undefined {
  const seen: string[] = [];
  let at: Qube | undefined = start;
  while (at !== undefined && !seen.includes(at.name)) {
    seen.push(at.name);
    if (at.netvm === start.name) return seen;
    at = at.netvm === undefined ? undefined : qubes.get(at.netvm);
  }
  return undefined;
}
