import type { Hardware } from '../probe/model.ts';
import type { Finding } from './finding.ts';

/** A machine and what was found of it. */
export interface Seen {
  readonly hardware: Hardware;
  readonly findings: readonly Finding[];
}
