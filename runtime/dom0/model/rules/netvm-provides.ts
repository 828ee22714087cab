import { eachQube, field } from './rule.ts';

/** A netvm says that it provides a network: nobody becomes a router by a slip of the pen. */
export const netvmProvides = eachQube('netvm-provides', (qube, { qubes }) => {
  const netvm = qube.netvm === undefined ? undefined : qubes.get(qube.netvm);
  if (netvm === undefined || netvm.providesNetwork) return [];
  return [
    {
      path: field(qube, 'netvm'),
      what: `${qube.name} uses ${netvm.name} as its netvm, but ${netvm.name} does not provide a network`,
      remedy: `name another netvm, or set provides-network: true on ${netvm.name}`,
    },
  ];
});
