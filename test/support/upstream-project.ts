import { rm, writeFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { TAR_END, tarHeader, tarPadding } from '../../builder/formats/tar-write.ts';
import { startMiniMirror, type MiniMirror } from './mini-mirror.ts';
import { miniProject, type MiniProject } from './mini-project.ts';
import { MirrorServer } from './mirror-server.ts';
import { detachedSign, makeTestKey, type TestKey } from './test-keys.ts';

/**
 * Files of a hypervisor small enough to compile at once. What comes out depends on the source, its version where the
 * packaging gives one, and SOURCE_DATE_EPOCH; the other half is what a compiled program prints.
 */
export const TINY_XEN = {
  'xen/Makefile': [
    'olddefconfig:',
    '\ttest -f .config || echo default > .config',
    'build: xen.gz xen.efi',
    'xen.gz:',
    '\techo `cat ../README .config` $(VERSION) $(SOURCE_DATE_EPOCH) > $@',
    'xen.efi:',
    '\tgcc -o main main.c',
    '\t./main > $@',
    '',
  ].join('\n'),
  'xen/main.c': '#include <stdio.h>\nint main(void) { return puts("compiled") < 0; }\n',
  README: 'tiny\n',
} as const;

/** A tar of files below a directory. */
export function sampleTar(directory: string, files: Readonly<Record<string, string>>): Buffer {
  const entry = { mode: 0o644, uid: 0, gid: 0, mtime: 1_700_000_000 };
  const parts = Object.entries(files).flatMap(([path, text]) => {
    const content = Buffer.from(text);
    const header = tarHeader({ ...entry, type: 'file', path: `${directory}/${path}`, size: content.length });
    return [header, content, tarPadding(content.length)];
  });
  return Buffer.concat([...parts, TAR_END]);
}

/** A release of upstream on a server: tarballs and their signatures, which a test may change. */
export class ReleaseServer implements AsyncDisposable {
  readonly content = new Map<string, Buffer>();
  readonly server = new MirrorServer(() => this.content);

  /** Adds a signed tarball of {@link TINY_XEN}, with `top` as the directory in it. */
  async publish(name: string, key: TestKey, top = name, date = new Date()): Promise<void> {
    const tarball = gzipSync(sampleTar(top, TINY_XEN));
    this.content.set(`${name}.tar.gz`, tarball);
    this.content.set(`${name}.tar.gz.sig`, await detachedSign(tarball, key, { date, binary: true }));
  }

  /** What a recipe says. */
  sourceOf(name: string, key: TestKey): object {
    const tarball = `${this.server.url}/${name}.tar.gz`;
    return { tarball, signature: `${tarball}.sig`, keys: [key.fingerprint] };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]();
  }
}

export async function startReleases(): Promise<ReleaseServer> {
  const releases = new ReleaseServer();
  await releases.server.start();
  return releases;
}

/** A project with a recipe `xen-upstream`, and a toolbox that has nothing in it. */
export interface UpstreamProject extends AsyncDisposable {
  readonly project: MiniProject;
  /** May sign sources; pinned. */
  readonly key: TestKey;
  /** Pinned, too, but not named by the recipe. */
  readonly otherKey: TestKey;
  writeRecipe(source: unknown): Promise<void>;
  /** Empties the cache. */
  forget(): Promise<void>;
}

export async function upstreamProject(): Promise<UpstreamProject> {
  const mirror: MiniMirror = await startMiniMirror({
    suites: [{ suite: 'trixie', packages: [{ name: 'hello' }] }],
  });
  const [key, otherKey] = [await makeTestKey({ name: 'Upstream' }), await makeTestKey({ name: 'Another' })];
  const project = await miniProject({ mirror, keys: [mirror.key, key, otherKey] });
  return {
    ...{ project, key, otherKey },
    async writeRecipe(source) {
      const recipe = { name: 'xen-upstream', kind: 'xen', family: 'debian', toolbox: 'mini', source };
      await writeFile(project.path('recipes', 'xen-upstream.yaml'), JSON.stringify(recipe));
    },
    forget: () => rm(project.cache, { recursive: true, force: true }),
    async [Symbol.asyncDispose]() {
      await project[Symbol.asyncDispose]();
      await mirror[Symbol.asyncDispose]();
    },
  };
}
