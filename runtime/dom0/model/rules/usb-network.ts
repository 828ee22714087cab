import { eachQube, field } from './rule.ts';

/** Whatever is plugged in could otherwise call home. */
export const usbNetwork = eachQube('usb-network', (qube) => {
  const usb = qube.devices.findIndex((device) => 'class' in device && device.class === 'usb');
  if (usb < 0 || qube.netvm === undefined) return [];
  return [
    {
      path: field(qube, 'netvm'),
      what: `${qube.name} holds the USB controllers and would be on the network through ${qube.netvm}`,
      remedy: 'set netvm: none',
    },
  ];
});
