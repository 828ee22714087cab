import { formatBytes, GIB } from '../../core/bytes.ts';
import { SANDBOX_IDS, subordinateRange } from '../sandbox/ids.ts';
import { ID_TOOLS, SANDBOX_TOOLS, type HostFacts } from './facts.ts';
import { everywhere, install, type Remedy } from './remedy.ts';

/** What a check says about a machine. A `problem` keeps images from being built. */
export interface Verdict {
  readonly state: 'ok' | 'warning' | 'problem';
  /** What was found, for people. */
  readonly found: string;
  readonly remedy?: Remedy;
}

export interface Check {
  /** Stable, for programs. */
  readonly name: string;
  readonly title: string;
  judge(facts: HostFacts): Verdict;
}

const OLDEST_NODE = [20, 19] as const;

const node: Check = {
  name: 'node',
  title: 'Node.js',
  judge({ nodeVersion }) {
    const [major = 0, minor = 0] = nodeVersion.split('.').map(Number);
    const old = major < OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor < OLDEST_NODE[1]);
    if (!old) return { state: 'ok', found: nodeVersion };
    const remedy = install(
      `Node ${OLDEST_NODE.join('.')} or newer is needed; see nodejs.org for other ways.`,
      {
        debian: 'nodejs npm',
        fedora: 'nodejs',
        arch: 'nodejs npm',
      },
    );
    return { state: 'problem', found: nodeVersion, remedy };
  },
};

const platform: Check = {
  name: 'platform',
  title: 'Platform',
  judge({ platform: system, architecture }) {
    const found = `${system} ${architecture}`;
    if (system === 'linux' && architecture === 'x64') return { state: 'ok', found };
    return {
      state: 'problem',
      found,
      remedy: {
        text: 'Images are built on Linux x86-64: take such a machine, real or virtual.',
        commands: {},
      },
    };
  },
};

const tools: Check = {
  name: 'tools',
  title: 'util-linux',
  judge(facts) {
    const missing = SANDBOX_TOOLS.filter((tool) => !facts.tools.has(tool));
    if (missing.length === 0) return { state: 'ok', found: SANDBOX_TOOLS.join(' ') };
    return {
      state: 'problem',
      found: `missing: ${missing.join(' ')}`,
      remedy: install('The sandbox is made with util-linux.', {
        debian: 'util-linux mount',
        fedora: 'util-linux',
        arch: 'util-linux',
      }),
    };
  },
};

const namespaces: Check = {
  name: 'namespaces',
  title: 'User namespaces',
  judge({ namespaces: trial, settings, user }) {
    if (trial.works) return { state: 'ok', found: 'usable' };
    const found = trial.said === '' ? 'refused' : `refused: ${trial.said}`;
    return { state: 'problem', found, remedy: namespaceRemedy(settings, user.id === 0) };
  },
};

function namespaceRemedy(settings: HostFacts['settings'], isRoot: boolean): Remedy {
  if (settings['user/max_user_namespaces'] === '0') {
    return setting('The kernel is set to allow no user namespace.', 'user.max_user_namespaces', '15000');
  }
  if (settings['kernel/unprivileged_userns_clone'] === '0' && !isRoot) {
    return setting(
      'The kernel is set to give user namespaces to root only.',
      'kernel.unprivileged_userns_clone',
      '1',
    );
  }
  if (settings['kernel/apparmor_restrict_unprivileged_userns'] === '1' && !isRoot) {
    return setting(
      'AppArmor keeps user namespaces from programs without a profile (Ubuntu 23.10 and later). Or build as root.',
      'kernel.apparmor_restrict_unprivileged_userns',
      '0',
    );
  }
  return {
    text: 'In a container, start it with permission for namespaces and mounts; on a machine, ask its kernel log.',
    commands: {},
  };
}

function setting(text: string, name: string, value: string): Remedy {
  const now = `sudo sysctl -w ${name}=${value}`;
  const kept = `echo ${name}=${value} | sudo tee /etc/sysctl.d/60-qubeforge.conf`;
  return everywhere(text, `${now}\n${kept}`);
}

const idTools: Check = {
  name: 'id-tools',
  title: 'newuidmap, newgidmap',
  judge(facts) {
    if (facts.user.id === 0) return { state: 'ok', found: 'not needed by root' };
    const missing = ID_TOOLS.filter((tool) => !facts.tools.has(tool));
    if (missing.length === 0) return { state: 'ok', found: 'there' };
    return {
      state: 'problem',
      found: `missing: ${missing.join(' ')}`,
      remedy: install('Without root, they give the sandbox its ids.', {
        debian: 'uidmap',
        fedora: 'shadow-utils',
        arch: 'shadow',
      }),
    };
  },
};

const subordinateIds: Check = {
  name: 'subordinate-ids',
  title: 'Subordinate ids',
  judge({ user, subordinate, idMap }) {
    if (user.id === 0) return { state: 'ok', found: 'not needed by root' };
    const missing = [
      ...(subordinateRange(subordinate.uid, user) === undefined ? ['/etc/subuid'] : []),
      ...(subordinateRange(subordinate.gid, user) === undefined ? ['/etc/subgid'] : []),
    ];
    if (missing.length > 0) {
      const command = `sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 ${user.name}`;
      return {
        state: 'problem',
        found: `${missing.join(' and ')} reserve fewer than ${SANDBOX_IDS - 1} ids for ${user.name}`,
        remedy: everywhere('Reserve a range of ids; take another where this one is used.', command),
      };
    }
    if (idMap?.works === false) {
      return {
        state: 'problem',
        found: `reserved, but mapping them fails: ${idMap.said}`,
        remedy: everywhere(
          'newuidmap and newgidmap need their setuid bit or file capabilities.',
          'sudo chmod u+s $(command -v newuidmap newgidmap)',
        ),
      };
    }
    return { state: 'ok', found: 'usable' };
  },
};

const ENOUGH_DISK = 10 * GIB;
const LITTLE_DISK = 3 * GIB;

const disk: Check = {
  name: 'disk',
  title: 'Free disk space',
  judge({ disk: { path, free } }) {
    const found = `${formatBytes(free)} below ${path}`;
    if (free >= ENOUGH_DISK) return { state: 'ok', found };
    const text = `${formatBytes(ENOUGH_DISK)} are comfortable. \`qubeforge gc\` frees some; --cache DIR uses another disk.`;
    return { state: free < LITTLE_DISK ? 'problem' : 'warning', found, remedy: { text, commands: {} } };
  },
};

const ENOUGH_MEMORY = 4 * GIB;
const LITTLE_MEMORY = 2 * GIB;

const memory: Check = {
  name: 'memory',
  title: 'Memory',
  judge({ memory: { total, available } }) {
    const found = `${formatBytes(available)} of ${formatBytes(total)} available`;
    if (available >= ENOUGH_MEMORY) return { state: 'ok', found };
    const text = `Trees are put together in memory, or on disk, which is slower, where it is scarce: ${formatBytes(ENOUGH_MEMORY)} are comfortable. --jobs 1 needs less.`;
    return {
      state: available < LITTLE_MEMORY ? 'problem' : 'warning',
      found,
      remedy: { text, commands: {} },
    };
  },
};

const ENOUGH_FILES = 1024;

const limits: Check = {
  name: 'limits',
  title: 'Open files',
  judge({ openFiles }) {
    if (openFiles === undefined) return { state: 'ok', found: 'no limit known' };
    if (openFiles >= ENOUGH_FILES) return { state: 'ok', found: `up to ${openFiles}` };
    return {
      state: 'warning',
      found: `up to ${openFiles}`,
      remedy: everywhere(`${ENOUGH_FILES} are comfortable.`, `ulimit -n ${ENOUGH_FILES}`),
    };
  },
};

/** Every check, in the order of the report. A new check is one constant and one word here. */
export const CHECKS: readonly Check[] = [
  node,
  platform,
  tools,
  namespaces,
  idTools,
  subordinateIds,
  disk,
  memory,
  limits,
];
