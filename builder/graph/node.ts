import { digestOf, type Sha256 } from '../../core/digest.ts';
import type { Outputs, Stage, StageContext } from './stage.ts';

/** All that a node's result depends on. Its canonical JSON is hashed to the node's id. */
export interface NodeDefinition {
  readonly stage: string;
  readonly version: number;
  readonly options: unknown;
  /** Ids of the input nodes, by name. */
  readonly inputs: Readonly<Record<string, Sha256>>;
  readonly toolbox: Sha256 | undefined;
  readonly epoch: number;
}

/** A stage with its options and inputs: one unit of work, and one entry of the cache. */
export interface Node<P> {
  /** SHA-256 of the canonical JSON of the definition. */
  readonly id: Sha256;
  readonly definition: NodeDefinition;
  /** What people read: not part of the id. */
  readonly title: string;
  /** The recipe that the node belongs to. */
  readonly recipe: string;
  readonly inputs: Readonly<Record<string, Node<P>>>;
  readonly toolbox: Node<P> | undefined;
  run(surroundings: RunSurroundings<P>): Promise<Outputs>;
}

/** What the executor adds to a node's own definition when it runs. */
export type RunSurroundings<P> = Pick<
  StageContext<never, P>,
  'inputs' | 'toolbox' | 'signal' | 'sink' | 'ports'
>;

export interface NodeRequest<O, P> {
  readonly recipe: string;
  readonly title: string;
  readonly options: O;
  readonly inputs?: Readonly<Record<string, Node<P>>>;
  readonly toolbox?: Node<P> | undefined;
  /** SOURCE_DATE_EPOCH, seconds since 1970. */
  readonly epoch: number;
}

/** Makes a node. Since its inputs have to exist before it, a graph of nodes has no circle. */
export function defineNode<O, P>(stage: Stage<O, P>, request: NodeRequest<O, P>): Node<P> {
  const { recipe, title, options, inputs = {}, toolbox, epoch } = request;
  const definition: NodeDefinition = {
    stage: stage.name,
    version: stage.version,
    options,
    inputs: Object.fromEntries(Object.entries(inputs).map(([name, node]) => [name, node.id])),
    toolbox: toolbox?.id,
    epoch,
  };
  const id = digestOf(definition);
  return {
    id,
    definition,
    title,
    recipe,
    inputs,
    toolbox,
    run: (surroundings) => stage.run({ ...surroundings, id, options, epoch }),
  };
}

/** The nodes that have to be there before `node` can run. */
export function dependenciesOf<P>(node: Node<P>): Node<P>[] {
  return [...Object.values(node.inputs), ...(node.toolbox === undefined ? [] : [node.toolbox])];
}

/** The place of a node in its recipe, the same from build to build: what `explain` compares along. */
export function slotOf(node: Node<unknown>): string {
  return `${node.recipe}/${node.definition.stage}/${node.title}`;
}
