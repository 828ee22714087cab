import type { Sha256 } from '../../core/digest.ts';
import type { EventSink } from '../../core/events.ts';

/** One file that a stage made, as the store knows it. */
export interface Artifact {
  readonly sha256: Sha256;
  /** Bytes. */
  readonly size: number;
}

/** What a stage made, by name. */
export type Outputs = Readonly<Record<string, Artifact>>;

/** What a running stage gets. Everything that it may depend on stands here, and is part of the node's id. */
export interface StageContext<O, P> {
  /** Id of the node; also the id of its events, so that a stage can report progress and nested tasks. */
  readonly id: Sha256;
  readonly options: O;
  /** Outputs of the input nodes, by the names that the plan gave them. */
  readonly inputs: Readonly<Record<string, Outputs>>;
  /** Outputs of the toolbox node; undefined for stages that need none. */
  readonly toolbox: Outputs | undefined;
  /** SOURCE_DATE_EPOCH, seconds since 1970. */
  readonly epoch: number;
  /** Aborted by Ctrl-C and by the failure of another stage. */
  readonly signal: AbortSignal;
  readonly sink: EventSink;
  /** Sandbox, store, runner: effects, none of which may change the result. */
  readonly ports: P;
}

/**
 * A step of a build as a pure function: the same options, inputs, toolbox and epoch give the same bytes.
 * `version` is raised with each change of the code that changes the result.
 */
export interface Stage<O, P> {
  readonly name: string;
  readonly version: number;
  run(context: StageContext<O, P>): Promise<Outputs>;
}

/** Declares a stage; gives the types of its options and ports to `run`. */
export function defineStage<O, P>(stage: Stage<O, P>): Stage<O, P> {
  return stage;
}
