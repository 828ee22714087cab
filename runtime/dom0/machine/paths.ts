/** Where things are in dom0. */
export const PATHS = {
  qubes: '/etc/qubeforge/qubes.yaml',
  keys: '/etc/qubeforge/keys',
  numbers: '/var/lib/qubeforge/numbers.json',
  kernels: '/var/lib/qubeforge/kernels',
  /** On a tmpfs: gone when dom0 boots. */
  domains: '/run/qubeforge/domains',
  /** How many processors Xen uses: asked once in each boot. */
  processors: '/run/qubeforge/processors',
  configs: '/run/qubeforge/configs',
  locks: '/run/qubeforge/locks',
  vchan: '/run/qubeforge/vchan',
} as const;
