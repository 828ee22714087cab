import { matchingDevices } from '../devices.ts';
import { eachQube, field } from './rule.ts';

/** A device that cannot be reset carries its state from one qube to the next. */
export const deviceReset = eachQube('device-reset', (qube, { pci = [] }) =>
  qube.devices.flatMap((request, index) => {
    if (request.reset === 'not-required') return [];
    return matchingDevices(request, pci)
      .filter((device) => device.resets.length === 0)
      .map((device) => ({
        path: field(qube, 'devices', index),
        what: `the device ${device.address} cannot be reset, so what one qube leaves in it the next one finds`,
        remedy: `set reset: not-required on this device of ${qube.name} if it never changes hands`,
      }));
  }),
);
