import type { Numbers } from './addresses.ts';
import type { Volume } from './volumes.ts';

/** A domain that Xen runs, with what dom0 wrote down about it when it last acted. Nothing here is the guest's word. */
export interface Running {
  readonly domid: number;
  /** Bytes. */
  readonly memory: number;
  /** Its start got as far as letting it run. One that was cut off before is of no use. */
  readonly launched: boolean;
  /** It said that it can be used. */
  readonly ready: boolean;
  /** The netvm that its interface leads to, with the domain id that this netvm then had. */
  readonly network: { readonly netvm: string; readonly domid: number } | undefined;
  /** SHA-256 of the ruleset that this qube, as a netvm, was last given. */
  readonly firewall: string | undefined;
  /** The AppVM that a disposable made on the spot came from. */
  readonly parent: string | undefined;
  /** Digest of the settings that take effect only at a start. */
  readonly settings: string | undefined;
}

/** How full the pool of volumes is, in percent. */
export interface PoolUse {
  readonly data: number;
  readonly metadata: number | undefined;
}

export interface Observed {
  readonly volumes: readonly Volume[];
  readonly running: ReadonlyMap<string, Running>;
  readonly numbers: Numbers;
  /** Qubes that were started since dom0 booted: what they left was not cut off by a loss of power. */
  readonly startedSinceBoot: ReadonlySet<string>;
  readonly pool: PoolUse;
}
