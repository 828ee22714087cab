import type { EventSink } from '../../core/events.ts';
import type { Node } from './node.ts';
import type { Plan } from './plan.ts';

type Member = Pick<Node<never>, 'recipe'>;

/** Events that gather the nodes of a recipe under one heading, from its first start to its last end. */
export class Groups {
  readonly #sink: EventSink;
  /** Nodes still to come, by recipe that has not failed. */
  readonly #open = new Map<string, number>();
  readonly #begun = new Set<string>();

  constructor(plan: Plan<never>, sink: EventSink) {
    this.#sink = sink;
    for (const { node, action } of plan.steps) {
      if (action === 'run') this.#open.set(node.recipe, (this.#open.get(node.recipe) ?? 0) + 1);
    }
  }

  /** A recipe none of whose nodes has to run is shown as cached, once. */
  cached({ recipe }: Member): void {
    if (this.#open.has(recipe) || this.#begun.has(recipe)) return;
    this.#begin(recipe);
    this.#sink({ type: 'finished', id: idOf(recipe), outcome: 'cached' });
  }

  /** Gives the id of the heading that the events of a node belong under. */
  begin({ recipe }: Member): string {
    if (!this.#begun.has(recipe)) this.#begin(recipe);
    return idOf(recipe);
  }

  done({ recipe }: Member): void {
    const left = this.#open.get(recipe);
    if (left === undefined) return;
    this.#open.set(recipe, left - 1);
    if (left > 1) return;
    this.#open.delete(recipe);
    this.#sink({ type: 'finished', id: idOf(recipe), outcome: 'done' });
  }

  failed({ recipe }: Member): void {
    if (!this.#open.delete(recipe)) return;
    this.#sink({ type: 'failed', id: idOf(recipe), message: recipe });
  }

  /** Ends the headings that a stopped build leaves open. */
  end(): void {
    for (const recipe of this.#open.keys()) {
      if (this.#begun.has(recipe)) this.#sink({ type: 'finished', id: idOf(recipe), outcome: 'skipped' });
    }
  }

  #begin(recipe: string): void {
    this.#begun.add(recipe);
    this.#sink({ type: 'started', id: idOf(recipe), title: recipe });
  }
}

function idOf(recipe: string): string {
  return `recipe:${recipe}`;
}
