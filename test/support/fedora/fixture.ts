import type { RpmSpec } from '../../../builder/formats/rpm/package-write.ts';
import type { HeaderValue } from '../../../builder/formats/rpm/header-write.ts';
import type { Change } from './deb-to-rpm.ts';

/**
 * A distribution in the shape of Fedora made from Debian packages: what Fedora's own `filesystem` and
 * `setup` do, scripts of every kind that Fedora uses (%post, %posttrans, Lua, transaction file triggers),
 * users by sysusers.d, file capabilities.
 */
export const EPOCH = 1_750_000_000;

/** Debian packages that the larger fixture installs, besides what they depend on. */
export const BOOTABLE = [
  ...['systemd', 'systemd-sysv', 'dbus', 'udev', 'kmod', 'libpam-systemd', 'base-files', 'base-passwd'],
  ...['bash', 'dash', 'coreutils', 'util-linux', 'bsdutils', 'login', 'passwd', 'mount', 'e2fsprogs'],
  ...[
    'procps',
    'iproute2',
    'iputils-ping',
    'curl',
    'less',
    'sed',
    'grep',
    'gawk',
    'tar',
    'gzip',
    'findutils',
  ],
  ...['hostname', 'ncurses-base', 'ncurses-bin', 'libc-bin', 'tzdata', 'diffutils'],
  ...['libpam-runtime', 'libpam-modules'],
];

/** What a template needs besides, to be started. */
export const KERNEL = ['linux-image-cloud-amd64', 'dracut', 'zstd', 'cpio'];

/** What the guest parts require, in Debian's packages. */
export const GUEST = ['nftables', 'xen-utils-4.20', 'xenstore-utils'];

const text = (value: string): HeaderValue => ({ type: 'string', value });
const texts = (...value: string[]): HeaderValue => ({ type: 'strings', value });
const numbers = (...value: number[]): HeaderValue => ({ type: 'int32', value });

/** `%transfiletriggerin -P 2000000 -- /usr/lib` with a shell script (tags 5076 to 5085). */
export function ldconfigTrigger(script: string): ReadonlyMap<number, HeaderValue> {
  return new Map<number, HeaderValue>([
    [5076, texts(script)],
    [5077, texts('/bin/sh')],
    [5079, texts('/usr/lib')],
    [5080, numbers(0)],
    [5081, texts('')],
    [5082, numbers(1 << 16)],
    [5085, numbers(2_000_000)],
  ]);
}

const DIRECTORIES: readonly (readonly [string, number])[] = [
  ...['boot', 'etc', 'home', 'media', 'mnt', 'opt', 'run', 'srv', 'usr', 'var'].map(
    (name) => [`/${name}`, 0o755] as const,
  ),
  ...['bin', 'sbin', 'lib', 'lib64', 'share', 'local'].map((name) => [`/usr/${name}`, 0o755] as const),
  ...['lib', 'log', 'cache', 'spool'].map((name) => [`/var/${name}`, 0o755] as const),
  ['/root', 0o700],
  ['/tmp', 0o1777],
  ['/var/tmp', 0o1777],
];

const base = {
  version: '1',
  release: '1.fixture',
  architecture: 'noarch',
  description: 'Made by a test.',
  license: 'MIT',
  epoch: EPOCH,
} as const;

const makeMountPoint = (name: string): string =>
  `posix.mkdir("/${name}"); posix.chmod("/${name}", ${name === 'dev' ? '0755' : '0555'})`;

/** Directories and the links of the merged /usr. It must be there before anything else. */
export const filesystem: RpmSpec = {
  ...base,
  name: 'filesystem',
  summary: 'Directories',
  requires: [{ name: 'setup' }],
  files: [
    ...DIRECTORIES.map(([path, mode]) => ({ path, mode, directory: true as const })),
    ...['bin', 'sbin', 'lib', 'lib64'].map((name) => ({ path: `/${name}`, linkname: `usr/${name}` })),
  ],
  tags: new Map([
    // As in Fedora: these may be mounts already, so the package does not own them.
    [1151, text(['dev', 'proc', 'sys'].map(makeMountPoint).join('\n'))],
    [1153, text('<lua>')],
  ]),
};

const PASSWD = [
  'root:x:0:0:root:/root:/bin/bash',
  'bin:x:2:2:bin:/bin:/usr/sbin/nologin',
  'nobody:x:65534:65534:nobody:/:/usr/sbin/nologin',
];
const GROUP = [
  ...[
    'root:x:0:',
    'bin:x:2:',
    'tty:x:5:',
    'disk:x:6:',
    'kmem:x:15:',
    'dialout:x:20:',
    'cdrom:x:24:',
    'tape:x:26:',
  ],
  ...['audio:x:29:', 'utmp:x:43:', 'shadow:x:42:', 'video:x:44:', 'users:x:100:', 'nogroup:x:65534:'],
];
const lines = (list: readonly string[]): string => `${list.join('\n')}\n`;
const PAM = 'auth required pam_unix.so nullok\n';

/** Accounts and the few settings that Debian's maintainer scripts would make. */
export const setup: RpmSpec = {
  ...base,
  name: 'setup',
  summary: 'Accounts and settings',
  provides: [{ name: 'user(root)' }, { name: 'group(root)' }, { name: 'group(shadow)' }],
  files: [
    { path: '/etc/passwd', mode: 0o644, content: lines(PASSWD), config: true },
    { path: '/etc/group', mode: 0o644, content: lines(GROUP), config: true },
    { path: '/etc/shadow', mode: 0, content: 'root::20000:0:99999:7:::\n', config: true },
    { path: '/etc/gshadow', mode: 0, content: 'root:*::\n', config: true },
    { path: '/etc/nsswitch.conf', mode: 0o644, content: 'passwd: files\ngroup: files\nhosts: files dns\n' },
    { path: '/etc/hostname', mode: 0o644, content: 'fixture\n', config: true },
    // As in Fedora: what presets do not name is off.
    {
      path: '/usr/lib/systemd/system-preset/90-default.preset',
      mode: 0o644,
      content: 'enable getty@.service\nenable dbus.socket\nenable remote-fs.target\n',
    },
    {
      path: '/usr/lib/systemd/system-preset/99-default-disable.preset',
      mode: 0o644,
      content: 'disable *\n',
    },
    { path: '/etc/shells', mode: 0o644, content: '/bin/sh\n/bin/bash\n', config: true },
    { path: '/etc/pam.d/common-auth', mode: 0o644, content: PAM },
    {
      path: '/etc/pam.d/common-account',
      mode: 0o644,
      content: PAM.replace('auth', 'account').replace(' nullok', ''),
    },
    { path: '/etc/pam.d/common-password', mode: 0o644, content: PAM.replace('auth', 'password') },
    {
      path: '/etc/pam.d/common-session',
      mode: 0o644,
      content: 'session required pam_unix.so\nsession optional pam_systemd.so\n',
    },
    {
      path: '/etc/pam.d/common-session-noninteractive',
      mode: 0o644,
      content: 'session required pam_unix.so\n',
    },
  ],
};

/** Fedora has Xen's tools in one package. */
export const xenRuntime: RpmSpec = {
  ...base,
  name: 'xen-runtime',
  summary: "Xen's tools",
  requires: [{ name: 'xen-utils-4.20' }, { name: 'xenstore-utils' }],
  files: [],
};

/** Fedora's kernels lie beside their modules; kernel-install brings them to /boot. */
function kernelChange(name: string): Change {
  const version = name.replace(/^linux-image-/, '');
  return {
    requires: ['systemd', 'dracut', 'kmod', 'coreutils'].map((one) => ({ name: one, before: 'posttrans' })),
    move: (path) =>
      path.replace(/^\/boot\/(vmlinuz|config|System\.map)-.*$/, `/usr/lib/modules/${version}/$1`),
    scripts: { posttrans: `kernel-install add ${version} /usr/lib/modules/${version}/vmlinuz || exit $?` },
  };
}

/** What single packages need beyond the plain conversion. */
export function changeOf(name: string): Change {
  return /^linux-image-\d/.test(name) ? kernelChange(name) : (CHANGES[name] ?? {});
}

const CHANGES: Readonly<Record<string, Change>> = {
  'base-files': { leaveOut: (path) => ['/dev', '/proc', '/sys'].includes(path) },
  // As in Fedora, /bin/sh is bash.
  dash: { leaveOut: (path) => path === '/usr/bin/sh' },
  bash: { provides: [{ name: '/bin/bash' }, { name: '/bin/sh' }], links: { '/usr/bin/sh': 'bash' } },
  libc6: { provides: [{ name: 'libc.so.6(GLIBC_2.38)(64bit)' }] },
  'libc-bin': { tags: ldconfigTrigger('ldconfig'), provides: [{ name: 'glibc-common' }] },
  iproute2: { provides: [{ name: 'iproute' }] },
  'iputils-ping': { capabilities: { '/usr/bin/ping': 'cap_net_raw=ep' } },
  'libpam-runtime': { without: ['debconf'] },
  systemd: {
    provides: [{ name: 'systemd-networkd' }],
    requires: ['coreutils', 'base-files', 'passwd'].map((name) => ({ name, before: 'post' as const })),
    scripts: {
      post: 'systemd-sysusers && systemd-tmpfiles --create --boot --exclude-prefix=/dev >/dev/null 2>&1 || :',
      posttrans:
        'systemctl preset-all >/dev/null 2>&1 || :\njournalctl --update-catalog >/dev/null 2>&1 || :',
    },
  },
  udev: {
    provides: [{ name: 'systemd-udev' }],
    requires: [{ name: 'systemd', before: 'post' }],
    scripts: { post: 'systemd-sysusers', posttrans: 'systemd-hwdb update' },
  },
  dbus: { requires: [{ name: 'systemd', before: 'post' }], scripts: { post: 'systemd-sysusers' } },
};
