import { digestOf } from '../../../core/digest.ts';
import type { Qube } from './resolve.ts';

/** A digest of the settings of a qube that a running one does not take over. */
export function settingsDigest(qube: Qube): string {
  const { kind, template, memory, vcpus, virt, devices, services, persist, disposable, providesNetwork } =
    qube;
  return digestOf({
    kind,
    template,
    memory,
    vcpus,
    virt,
    devices,
    services,
    persist,
    disposable,
    providesNetwork,
  });
}
