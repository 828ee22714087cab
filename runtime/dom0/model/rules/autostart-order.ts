import { eachQube, field } from './rule.ts';

/** A netvm that starts at boot starts before those behind it. */
export const autostartOrder = eachQube('autostart-order', (qube, { qubes }) => {
  const netvm = qube.netvm === undefined ? undefined : qubes.get(qube.netvm);
  if (qube.autostart === undefined || netvm?.autostart === undefined) return [];
  if (netvm.autostart < qube.autostart) return [];
  return [
    {
      path: field(qube, 'autostart'),
      what: `${qube.name} starts at ${qube.autostart}, its netvm ${netvm.name} only at ${netvm.autostart}`,
      remedy: `give ${qube.name} a number above ${netvm.autostart}`,
    },
  ];
});
