import type { SystemFile } from '../plan/files.ts';

/**
 * What needs the running hypervisor: idempotent, visible on the console, and never fatal. A failure is
 * tried again at the next start.
 */
const UNIT = `[Unit]
Description=First start: make the qubes of /etc/qubeforge/qubes.yaml
ConditionPathExists=/etc/qubeforge/qubes.yaml
ConditionPathExists=!/var/lib/qubeforge/first-boot.done
ConditionPathExists=/proc/xen/capabilities
After=xen.service xen-init-dom0.service xenstored.service xendomains.service local-fs.target
Before=qubeforge-boot.service getty.target

[Service]
Type=oneshot
ExecStart=/usr/lib/qubeforge/first-boot
StandardOutput=journal+console
StandardError=journal+console
TimeoutStartSec=20min

[Install]
WantedBy=multi-user.target
`;

const SCRIPT = `#!/bin/sh
# Makes the qubes that the installation asked for. Ends well whatever happens, so that the machine starts;
# what failed is tried again at the next start.
set -u
done=/var/lib/qubeforge/first-boot.done
echo "First start: making the qubes"
if qube apply; then
	mkdir -p /var/lib/qubeforge
	date -u +%FT%TZ >"$done"
	echo "First start: the qubes are there"
else
	echo "First start: not all qubes could be made. Log in and type: qube apply"
fi
exit 0
`;

export const FIRST_BOOT_FILES: readonly SystemFile[] = [
  { path: '/etc/systemd/system/qubeforge-first-boot.service', text: UNIT },
  { path: '/usr/lib/qubeforge/first-boot', text: SCRIPT, mode: 0o755 },
];
