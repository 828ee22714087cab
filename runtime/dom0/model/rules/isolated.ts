import { eachQube, field } from './rule.ts';

/** The vault, and whatever else promises isolation, has no network of any sort. */
export const isolated = eachQube('isolated', (qube) => {
  if (!qube.isolated && qube.name !== 'vault') return [];
  const complaints = [];
  if (qube.netvm !== undefined) {
    complaints.push({
      path: field(qube, 'netvm'),
      what: `${qube.name} is to have no network, but its netvm is ${qube.netvm}`,
      remedy: 'set netvm: none',
    });
  }
  if (qube.providesNetwork) {
    complaints.push({
      path: field(qube, 'provides-network'),
      what: `${qube.name} is to have no network, but provides one`,
      remedy: 'take provides-network out',
    });
  }
  if (qube.devices.some((device) => 'class' in device && device.class === 'network')) {
    complaints.push({
      path: field(qube, 'devices'),
      what: `${qube.name} is to have no network, but is given the network cards`,
      remedy: 'take the device out',
    });
  }
  return complaints;
});
