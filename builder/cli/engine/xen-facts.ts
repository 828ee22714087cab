import type { Node } from '../../graph/node.ts';
import { allNodes } from '../../graph/plan.ts';
import type { BuildPorts } from '../../stages/ports.ts';
import { describeXen, parseXenFacts, type XenFacts } from '../../report/xen.ts';
import { xenStage, xenUpstreamStage } from '../../xen/stage.ts';
import type { Product } from './plan.ts';
import type { Session } from './session.ts';

const STAGES: readonly string[] = [xenStage.name, xenUpstreamStage.name];

/** What was found about the hypervisors among nodes and what these stand on, as far as it is still in the store. */
export async function xenFactsIn(
  { cache, store }: Pick<Session, 'cache' | 'store'>,
  targets: readonly Node<BuildPorts>[],
): Promise<XenFacts[]> {
  const found: XenFacts[] = [];
  for (const node of allNodes(targets)) {
    if (!STAGES.includes(node.definition.stage)) continue;
    const facts = (await cache.lookup(node.id))?.outputs['facts'];
    if (facts === undefined) continue;
    found.push(parseXenFacts((await store.read(facts, 'facts of the hypervisor')).toString('utf8')));
  }
  return found;
}

/** Says of each hypervisor of a build where it comes from and whether it was reproduced, also when it was cached. */
export async function reportXen(session: Session, products: readonly Product[]): Promise<void> {
  const value = await xenFactsIn(
    session,
    products.map(({ node }) => node),
  );
  if (value.length === 0) return;
  const text = value.map(describeXen).join('\n');
  session.context.sink({ type: 'result', name: 'xen', value, text });
}
