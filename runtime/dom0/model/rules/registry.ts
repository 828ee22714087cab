import { autostartOrder } from './autostart-order.ts';
import { deviceReset } from './device-reset.ts';
import { deviceTwice } from './device-twice.ts';
import { deviceVirt } from './device-virt.ts';
import { disposableKind } from './disposable-kind.ts';
import { dom0Network } from './dom0-network.ts';
import { firewallPorts } from './firewall-ports.ts';
import { firewallWithoutNetwork } from './firewall-without-network.ts';
import { isolated } from './isolated.ts';
import { labelTrust } from './label-trust.ts';
import { netvmProvides } from './netvm-provides.ts';
import { networkLoop } from './network-loop.ts';
import { policyNames } from './policy-names.ts';
import { references } from './references.ts';
import { templateNetwork } from './template-network.ts';
import { templates } from './templates.ts';
import { unfiltered } from './unfiltered.ts';
import { usbNetwork } from './usb-network.ts';
import type { Rule } from './rule.ts';

/** Every rule of `qube check`. A new one is a file here and a line in this list. */
export const RULES: readonly Rule[] = [
  references,
  dom0Network,
  networkLoop,
  netvmProvides,
  isolated,
  templates,
  templateNetwork,
  labelTrust,
  unfiltered,
  firewallWithoutNetwork,
  firewallPorts,
  deviceTwice,
  deviceVirt,
  deviceReset,
  usbNetwork,
  autostartOrder,
  disposableKind,
  policyNames,
];
