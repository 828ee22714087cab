import { malformed } from '../malformed.ts';
import { printEvr, type Evr } from '../rpm-version.ts';
import type { RpmHeader } from './header.ts';
import { TAG } from './tags.ts';

/** What a package says it is. Trust it only when a signature over the header was verified. */
export interface RpmIdentity extends Evr {
  readonly name: string;
  /** For example `x86_64` or `noarch`; `src` for a source package. */
  readonly architecture: string;
}

/** `name-[epoch:]version-release.architecture`. */
export function printNevra(identity: RpmIdentity): string {
  return `${identity.name}-${printEvr(identity)}.${identity.architecture}`;
}

/** @throws {AppError} `rpm.identity` when one of the parts is missing or holds a character it must not. */
export function readIdentity(header: RpmHeader, where: string): RpmIdentity {
  const part = (tag: number, label: string, allowed: RegExp): string => {
    const text = header.string(tag);
    if (text !== undefined && allowed.test(text)) return text;
    throw malformed('rpm.identity', `An RPM package has no usable ${label}.`, where, {
      got: text ?? 'nothing',
    });
  };
  return {
    name: part(TAG.name, 'name', NAME),
    epoch: header.number(TAG.epoch) ?? 0,
    version: part(TAG.version, 'version', VERSION),
    release: part(TAG.release, 'release', VERSION),
    architecture: isSource(header) ? 'src' : part(TAG.architecture, 'architecture', NAME),
  };
}

/** Binary packages name the source package that they were built from; source packages do not. */
function isSource(header: RpmHeader): boolean {
  return header.number(TAG.sourcePackage) === 1 || !header.has(TAG.sourceRpm);
}

const NAME = /^[A-Za-z0-9_][A-Za-z0-9_.+-]*$/;
const VERSION = /^[A-Za-z0-9_.+~^]+$/;
