import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { planBuild } from '../../builder/graph/plan.ts';
import { resultOf } from '../../builder/graph/execute.ts';
import type { Outputs } from '../../builder/graph/stage.ts';
import { buildProducts, lockRecipes, planProducts } from '../../builder/cli/engine/build.ts';
import type { LockedRecipe } from '../../builder/cli/engine/plan.ts';
import { openPackages } from '../../builder/stages/debian/packages.ts';
import { buildOwn, buildToolbox } from '../support/mmdebstrap.ts';
import { testProject, type TestProject } from '../support/project.ts';

let project: TestProject;
let toolbox: Outputs;

beforeAll(async () => {
  project = await testProject();
  toolbox = await buildToolbox(project.session, await project.lock('toolbox'));
});
afterAll(async () => {
  await project[Symbol.asyncDispose]();
});

/** What a script in the toolbox prints. `inputs`: files of the store by their name below /in/files. */
async function inToolbox(files: Outputs, script: string): Promise<string> {
  const { ports } = project.session;
  await using linked = await ports.linkNamed(files);
  const { stdout } = await ports.sandbox({
    toolbox: await ports.toolboxTree(toolbox),
    script,
    inputs: { files: linked.path },
  });
  return stdout;
}

async function rootfsOf(name: string): Promise<Outputs[string]> {
  const recipes = await lockRecipes(project.session, [name], () => 'update');
  const products = await planProducts(project.session, recipes, {
    recipes: [name],
    outputs: ['rootfs-tar'],
  });
  const results = await buildProducts(project.session, recipes, products);
  return resultOf(results, products[0]!.node)['rootfs']!;
}

const UNPACK = `
mkdir /build/root
tar -C /build/root -x -p --numeric-owner -f /in/files/rootfs.tar
mkdir -p /build/root/proc /build/root/dev
mount -t proc proc /build/root/proc
mount --rbind /dev /build/root/dev
inside() { chroot /build/root /usr/bin/env PATH=/usr/sbin:/usr/bin "$@"; }
`;

interface Case {
  readonly recipe: string;
  readonly name: string;
  readonly program: string;
  /** Units that are on. */
  readonly enabled: readonly string[];
  readonly off: readonly string[];
}

describe.each<Case>([
  {
    ...{ recipe: 'template-debian-13-minimal', name: 'qubeforge-guest', off: [] },
    program: '/usr/lib/qubeforge/qubeforge-vchan',
    enabled: ['qubeforge-agent.service', 'qubeforge-rw.service', 'qubeforge-dns.path'],
  },
  {
    ...{ recipe: 'dom0', name: 'qubeforge-dom0', off: ['xendomains.service'] },
    program: '/usr/lib/qubeforge/qubeforge-vchan',
    enabled: ['qubeforge-boot.service', 'qubeforge-watch.service', 'qubeforge-pool.timer'],
  },
])('$name', ({ recipe, name, program, enabled, off }) => {
  it('is a package that dpkg-deb reads', async () => {
    const { refs } = await buildOwn(project, await project.lock(recipe));
    const [ref] = refs;
    const text = await inToolbox(
      { 'own.deb': ref! },
      `
dpkg-deb -I /in/files/own.deb
dpkg-deb -c /in/files/own.deb
dpkg-deb -x /in/files/own.deb /build/tree
dpkg-deb -e /in/files/own.deb /build/control
cd /build/tree && md5sum --quiet -c /build/control/md5sums
find . ! -type l -printf '%m %p\\n'
mkdir -p /build/other/var/lib/dpkg/info /build/other/var/lib/dpkg/updates
touch /build/other/var/lib/dpkg/status
dpkg --root=/build/other --force-depends --unpack /in/files/own.deb >&2
echo listed:; cat /build/other/var/lib/dpkg/info/${name}.list
`,
    );
    const [stored] = await openPackages(project.session.ports, [ref!], {
      id: 'open',
      ...project.session.context,
    });
    // The order is dpkg's, too: what it unpacks itself has the same list as what we unpack.
    const listed = text
      .slice(text.indexOf('listed:\n') + 8)
      .trim()
      .split('\n');
    expect(stored!.facts.paths.map((path) => (path === '' ? '/.' : `/${path}`))).toEqual(listed);
    expect(text).toContain(` Package: ${name}\n Version: ${ref!.version}\n Architecture: amd64\n`);
    expect(text).toMatch(new RegExp(`^-rwxr-xr-x root/root +\\d+ \\S+ \\S+ \\.${program}$`, 'm'));
    const modes = new Set([...text.matchAll(/^(\d+) \./gm)].map(([, mode]) => mode));
    expect([...modes].sort()).toEqual(['644', '755']);
  });

  it('is installed as dpkg would install it, with units switched on', async () => {
    const text = await inToolbox(
      { 'rootfs.tar': await rootfsOf(recipe) },
      `${UNPACK}
inside dpkg -s ${name}
inside dpkg --audit
inside dpkg --verify ${name} && echo verified
inside ldd ${program}
# A link below /usr/lib is not what is-enabled asks about, but what a target follows.
for unit in ${enabled.join(' ')}; do
  for link in /build/root/usr/lib/systemd/system/*.wants/$unit; do
    if [ -f "$link" ]; then echo "$unit: wanted"; fi
  done
done
for unit in ${off.join(' ')}; do echo "$unit: $(inside systemctl is-enabled $unit || true)"; done
inside getent passwd qubeforge-vchan user || true
if [ -e /build/root/usr/bin/qube ]; then inside node /usr/bin/qube --help; fi
if [ -s /build/root/etc/machine-id ]; then echo has an identity; fi
if [ -e /build/root/etc/resolv.conf ]; then echo has a resolver; fi
`,
    );
    expect(text).toContain('Status: install ok installed\n');
    // `dpkg --verify` prints a line for each file that is not as packed; `--audit` one for each broken package.
    expect(text).toMatch(/^Qubeforge-Sources: [0-9a-f]{64}\nverified\n/m);
    expect(text).not.toContain('not found');
    for (const unit of enabled) expect(text).toContain(`${unit}: wanted\n`);
    for (const unit of off) expect(text).toContain(`${unit}: masked\n`);
    if (recipe === 'dom0') expect(text).toContain('qube: the qubes of this machine');
    else expect(text).not.toMatch(/^has an? /m);
  });
});

describe('a change of', () => {
  /** Stages that would run, besides the root file system and what stands on it. */
  async function plannedAfter(path: string, more: string): Promise<string[]> {
    const own = await testProject();
    try {
      await own.session[Symbol.asyncDispose]();
      const file = join(own.root, 'runtime', path);
      await writeFile(file, (await readFile(file, 'utf8')) + more);
      return await stagesToRun(own, 'template-debian-13-minimal');
    } finally {
      await own[Symbol.asyncDispose]();
    }
  }

  async function stagesToRun(of: TestProject, name: string): Promise<string[]> {
    const locked: LockedRecipe = await of.lock(name);
    const recipes = new Map([[name, locked]]);
    for (const need of ['toolbox', 'toolbox-compiler']) recipes.set(need, await of.lock(need));
    const products = await planProducts(of.session, recipes, { recipes: [name], outputs: ['rootfs-tar'] });
    const plan = await planBuild(
      products.map(({ node }) => node),
      of.session.cache,
    );
    return plan.steps.filter(({ action }) => action === 'run').map(({ node }) => node.definition.stage);
  }

  it('a shell script packs and compiles nothing', async () => {
    await rootfsOf('template-debian-13-minimal');
    expect(await plannedAfter('guest/lib/rw', '# changed\n')).toEqual(['own-package', 'debian-rootfs']);
  });

  it('a C source compiles', async () => {
    expect(await plannedAfter('vchan/main.c', '/* changed */\n')).toEqual([
      'own-compile',
      'own-package',
      'debian-rootfs',
    ]);
  });
});
