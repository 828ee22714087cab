import { describe, expect, it } from 'vitest';
import { sha256, type Sha256 } from '../../../core/digest.ts';
import type { NodeCache, NodeRecord } from '../../../builder/graph/cache.ts';
import { explainNodes, explanationText } from '../../../builder/graph/explain.ts';
import { defineNode, slotOf, type Node } from '../../../builder/graph/node.ts';
import { defineStage } from '../../../builder/graph/stage.ts';

interface Options {
  readonly packages: readonly string[];
  readonly size?: number | undefined;
}

function stage(name: string, version = 1): ReturnType<typeof defineStage<Options, unknown>> {
  return defineStage<Options, unknown>({ name, version, run: () => Promise.resolve({}) });
}

interface Build {
  readonly packages?: readonly string[];
  readonly size?: number;
  readonly unpackVersion?: number;
  readonly tools?: readonly string[];
  readonly epoch?: number;
}

/** toolbox → unpack → image, as of one build. */
function graph({
  packages = ['apt', 'vim'],
  size = 1,
  unpackVersion = 1,
  tools = ['tar'],
  epoch = 7,
}: Build = {}): {
  image: Node<unknown>;
  all: Node<unknown>[];
} {
  const recipe = 'template';
  const toolbox = defineNode(stage('unpack'), {
    recipe: 'toolbox',
    title: 'unpack tools',
    options: { packages: tools },
    epoch,
  });
  const unpack = defineNode(stage('unpack', unpackVersion), {
    ...{ recipe, title: 'unpack packages', options: { packages }, epoch, toolbox },
  });
  const image = defineNode(stage('image'), {
    ...{ recipe, title: 'make the image', options: { packages: [], size }, epoch, toolbox },
    inputs: { rootfs: unpack },
  });
  return { image, all: [toolbox, unpack, image] };
}

/** A cache that saw `built`, of which the results in `lost` are gone. */
function cacheAfter(built: readonly Node<unknown>[], lost: readonly Node<unknown>[] = []): NodeCache {
  const records = new Map<Sha256, NodeRecord>();
  const slots = new Map<string, NodeRecord>();
  for (const node of built) {
    const text = node.title;
    const artifact = { sha256: sha256(text), size: text.length };
    const record: NodeRecord = { id: node.id, definition: node.definition, outputs: { it: artifact } };
    slots.set(slotOf(node), record);
    if (!lost.includes(node)) records.set(node.id, record);
  }
  return {
    lookup: (id) => Promise.resolve(records.get(id)),
    record: () => Promise.reject(new Error('explaining records nothing')),
    last: (slot) => Promise.resolve(slots.get(slot)),
  };
}

async function textOf(build: Build, cache: NodeCache): Promise<string> {
  const text = explanationText(await explainNodes([graph(build).image], cache));
  return text.replaceAll(/[0-9a-f]{12}\]/g, 'ID]');
}

describe('explain', () => {
  it('says that nothing was ever built', async () => {
    expect(await textOf({}, cacheAfter([]))).toMatchInlineSnapshot(`
      "new     toolbox · unpack tools [unpack ID]
      new     template · unpack packages [unpack ID]
      new     template · make the image [image ID]"
    `);
  });

  it('says that everything is there', async () => {
    expect(await textOf({}, cacheAfter(graph().all))).toMatchInlineSnapshot(`
      "cached  toolbox · unpack tools [unpack ID]
      cached  template · unpack packages [unpack ID]
      cached  template · make the image [image ID]"
    `);
  });

  it('follows a changed package list to everything made from it', async () => {
    expect(await textOf({ packages: ['apt', 'nano', 'vim'] }, cacheAfter(graph().all)))
      .toMatchInlineSnapshot(`
      "cached  toolbox · unpack tools [unpack ID]
      changed template · unpack packages [unpack ID]
                options.packages.[nano] is new: "nano"
      changed template · make the image [image ID]
                inputs.rootfs: “unpack packages” is another"
    `);
  });

  it('names a new version of a stage, and a new toolbox', async () => {
    const cache = cacheAfter(graph().all);
    expect(await textOf({ unpackVersion: 2 }, cache)).toMatchInlineSnapshot(`
      "cached  toolbox · unpack tools [unpack ID]
      changed template · unpack packages [unpack ID]
                version: 1 → 2
      changed template · make the image [image ID]
                inputs.rootfs: “unpack packages” is another"
    `);
    expect(await textOf({ tools: ['tar', 'xz'] }, cache)).toMatchInlineSnapshot(`
      "changed toolbox · unpack tools [unpack ID]
                options.packages.[xz] is new: "xz"
      changed template · unpack packages [unpack ID]
                toolbox: “unpack tools” is another
      changed template · make the image [image ID]
                inputs.rootfs: “unpack packages” is another
                toolbox: “unpack tools” is another"
    `);
  });

  it('names changed options and the epoch', async () => {
    expect(await textOf({ size: 2, epoch: 8 }, cacheAfter(graph().all))).toMatchInlineSnapshot(`
      "changed toolbox · unpack tools [unpack ID]
                epoch: 7 → 8
      changed template · unpack packages [unpack ID]
                epoch: 7 → 8
                toolbox: “unpack tools” is another
      changed template · make the image [image ID]
                epoch: 7 → 8
                inputs.rootfs: “unpack packages” is another
                options.size: 1 → 2
                toolbox: “unpack tools” is another"
    `);
  });

  it('tells a lost result from a changed one', async () => {
    const { all } = graph();
    expect(await textOf({}, cacheAfter(all, all.slice(1, 2)))).toMatchInlineSnapshot(`
      "cached  toolbox · unpack tools [unpack ID]
      lost    template · unpack packages [unpack ID]
      cached  template · make the image [image ID]"
    `);
  });

  it('notices that only the order of a list changed', async () => {
    const text = await textOf({ packages: ['vim', 'apt'] }, cacheAfter(graph().all));
    expect(text.split('\n')[2]?.trim()).toBe('order of a list: […] → […]');
  });

  it('cuts long lists of changes', async () => {
    const packages = Array.from({ length: 30 }, (_, index) => `package-${String(index).padStart(2, '0')}`);
    const text = await textOf({ packages }, cacheAfter(graph().all));
    expect(text).toContain('and 24 more');
    expect(text.split('\n').length).toBeLessThan(16);
  });
});
