import { matchingDevices } from '../devices.ts';
import { field } from './rule.ts';
import type { Complaint, Rule, RuleInput } from './rule.ts';
import type { DeviceRequest } from '../schema.ts';
import type { Qube } from '../resolve.ts';

interface Claim {
  readonly qube: Qube;
  readonly index: number;
  readonly request: DeviceRequest;
}

/** One device, one qube: a second owner could read what the first left in it, or reach its memory. */
export const deviceTwice: Rule = {
  name: 'device-twice',
  check: (input) => {
    const claims = [...input.qubes.values()].flatMap((qube) =>
      qube.devices.map((request, index): Claim => ({ qube, index, request })),
    );
    return claims.flatMap((claim, position) => {
      const earlier = claims.slice(0, position).find((other) => overlap(claim, other, input));
      return earlier === undefined ? [] : [complaint(claim, earlier)];
    });
  },
};

function complaint(claim: Claim, earlier: Claim): Complaint {
  const { request, qube } = claim;
  const device = 'address' in request ? `the device ${request.address}` : `${request.class} devices`;
  return {
    path: field(qube, 'devices', claim.index),
    what: `${device} would belong to ${qube.name} and to ${earlier.qube.name}`,
    remedy: `take the device from ${qube.name} or from ${earlier.qube.name}`,
  };
}

function overlap(one: Claim, other: Claim, input: RuleInput): boolean {
  const a = one.request;
  const b = other.request;
  if ('address' in a && 'address' in b) return a.address === b.address;
  if ('class' in a && 'class' in b) return a.class === b.class;
  if (input.pci === undefined) return false;
  const taken = new Set(matchingDevices(a, input.pci).map((device) => device.address));
  return matchingDevices(b, input.pci).some((device) => taken.has(device.address));
}
