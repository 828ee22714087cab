import { describe, expect, it } from 'vitest';
import { diagnose, diagnosisText } from '../../../builder/doctor/report.ts';
import { ID_TOOLS, SANDBOX_TOOLS, type HostFacts } from '../../../builder/doctor/facts.ts';
import { parseOsRelease } from '../../../edge/host.ts';
import { GIB } from '../../../core/bytes.ts';

const GOOD: HostFacts = {
  platform: 'linux',
  architecture: 'x64',
  nodeVersion: '20.19.0',
  distribution: { ID: 'debian' },
  user: { name: 'alice', id: 1000 },
  settings: {},
  tools: new Set([...SANDBOX_TOOLS, ...ID_TOOLS]),
  namespaces: { works: true, said: '' },
  subordinate: { uid: 'alice:100000:65536\n', gid: '1000:100000:65536\n' },
  idMap: { works: true, said: '' },
  disk: { path: '/home', free: 50 * GIB },
  memory: { total: 16 * GIB, available: 8 * GIB },
  openFiles: 1024,
};

function report(change: Partial<HostFacts>): { states: Record<string, string>; text: string } {
  const facts = { ...GOOD, ...change };
  const diagnoses = diagnose(facts);
  const wrong = diagnoses.filter(({ state }) => state !== 'ok');
  return {
    states: Object.fromEntries(wrong.map(({ check, state }) => [check, state])),
    text: diagnosisText(diagnoses, facts),
  };
}

const refused = { works: false, said: 'unshare: Operation not permitted' };

describe('doctor', () => {
  it('finds nothing wrong with a good machine', () => {
    const { states, text } = report({});
    expect(states).toEqual({});
    expect(text).toContain('This machine can build images.');
  });

  it.each<[string, Partial<HostFacts>, Record<string, string>, string]>([
    ['an old Node', { nodeVersion: '20.18.3' }, { node: 'problem' }, 'sudo apt-get install nodejs npm'],
    ['another processor', { architecture: 'arm64' }, { platform: 'problem' }, 'Linux x86-64'],
    [
      'no nsenter',
      { tools: new Set([...SANDBOX_TOOLS.filter((t) => t !== 'nsenter'), ...ID_TOOLS]) },
      { tools: 'problem' },
      'missing: nsenter',
    ],
    [
      'no newuidmap',
      { tools: new Set(SANDBOX_TOOLS) },
      { 'id-tools': 'problem' },
      'sudo apt-get install uidmap',
    ],
    [
      'no namespaces at all',
      { namespaces: refused, settings: { 'user/max_user_namespaces': '0' } },
      { namespaces: 'problem' },
      'user.max_user_namespaces=15000',
    ],
    [
      "Debian's old switch",
      { namespaces: refused, settings: { 'kernel/unprivileged_userns_clone': '0' } },
      { namespaces: 'problem' },
      'kernel.unprivileged_userns_clone=1',
    ],
    [
      "Ubuntu's AppArmor",
      { namespaces: refused, settings: { 'kernel/apparmor_restrict_unprivileged_userns': '1' } },
      { namespaces: 'problem' },
      'kernel.apparmor_restrict_unprivileged_userns=0',
    ],
    ['a container', { namespaces: refused }, { namespaces: 'problem' }, 'In a container'],
    [
      'no subordinate ids',
      { subordinate: { uid: '', gid: 'bob:1:65536' } },
      { 'subordinate-ids': 'problem' },
      '--add-subuids 100000-165535 --add-subgids 100000-165535 alice',
    ],
    [
      'newuidmap without its bit',
      { idMap: { works: false, said: 'write to uid_map failed' } },
      { 'subordinate-ids': 'problem' },
      'write to uid_map failed',
    ],
    ['little disk', { disk: { path: '/', free: 5 * GIB } }, { disk: 'warning' }, '5.0 GiB below /'],
    ['a full disk', { disk: { path: '/', free: GIB } }, { disk: 'problem' }, 'qubeforge gc'],
    ['little memory', { memory: { total: 4 * GIB, available: 3 * GIB } }, { memory: 'warning' }, '--jobs 1'],
    ['few open files', { openFiles: 256 }, { limits: 'warning' }, 'ulimit -n'],
  ])('sees %s', (_, change, states, remedy) => {
    const found = report(change);
    expect(found.states).toEqual(states);
    expect(found.text).toContain(remedy);
  });

  it('asks root for less', () => {
    const root: Partial<HostFacts> = {
      ...{ user: { name: 'root', id: 0 }, tools: new Set(SANDBOX_TOOLS), idMap: undefined },
      subordinate: { uid: '', gid: '' },
    };
    expect(report(root).states).toEqual({});
  });

  it.each([
    ['ID=ubuntu\nID_LIKE=debian\n', 'sudo apt-get install uidmap'],
    ['ID=linuxmint\nID_LIKE="ubuntu debian"\n', 'sudo apt-get install uidmap'],
    ['ID=fedora\n', 'sudo dnf install shadow-utils'],
    ['ID=arch\n', 'sudo pacman -S shadow'],
    ['ID=slackware\n', 'fedora: sudo dnf install shadow-utils'],
  ])('gives the command of the distribution: %j', (release, command) => {
    const distribution = parseOsRelease(release);
    expect(report({ distribution, tools: new Set(SANDBOX_TOOLS) }).text).toContain(command);
  });
});
