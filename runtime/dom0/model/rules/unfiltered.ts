import { eachQube, field } from './rule.ts';

/** Firewall rules are kept by the netvm; the one with the network card is the first to fall, so it keeps none. */
export const unfiltered = eachQube('unfiltered', (qube, { qubes }) => {
  const netvm = qube.netvm === undefined ? undefined : qubes.get(qube.netvm);
  if (netvm === undefined || qube.providesNetwork || netvm.devices.length === 0) return [];
  return [
    {
      path: field(qube, 'netvm'),
      what: `${qube.name} is attached to ${netvm.name}, which holds the hardware, with no firewall between`,
      remedy: `put a qube such as sys-firewall between ${qube.name} and ${netvm.name}`,
    },
  ];
});
