import { createHash } from 'node:crypto';
import { alignUp } from '../../../core/bytes.ts';
import { sha256 } from '../../../core/digest.ts';
import { writeCpio } from '../cpio-write.ts';
import { dependencyTags, interpreters, type RpmDependency } from './dependencies-write.ts';
import { fileTags, toFiles, type RpmSourceFile, type WrittenFile } from './files-write.ts';
import { writeHeader, type HeaderValue } from './header-write.ts';
import { LEAD_SIZE } from './lead.ts';
import { SIGNATURE_TAG, TAG } from './tags.ts';

export type RpmScript = 'pre' | 'post' | 'preun' | 'postun' | 'posttrans';

/** A binary package to write. */
export interface RpmSpec {
  readonly name: string;
  /** The E of EVR; 0 when it is not given. */
  readonly versionEpoch?: number;
  readonly version: string;
  readonly release: string;
  readonly architecture: 'noarch' | 'x86_64';
  readonly summary: string;
  readonly description: string;
  readonly license: string;
  readonly requires?: readonly RpmDependency[];
  readonly provides?: readonly RpmDependency[];
  readonly conflicts?: readonly RpmDependency[];
  /** Run by /bin/sh. */
  readonly scripts?: Partial<Readonly<Record<RpmScript, string>>>;
  readonly files: readonly RpmSourceFile[];
  /** Time of every file and of the build, in seconds since 1970. */
  readonly epoch: number;
  /** Entries of the header beyond those made from the rest, by tag. */
  readonly tags?: ReadonlyMap<number, HeaderValue>;
  /** Packs the payload; without it the payload stays as it is. */
  readonly packing?: RpmPacking;
}

/** How a payload is packed, with what the header says about it (tags 1125 and 1126). */
export interface RpmPacking {
  readonly compressor: 'gzip' | 'zstd';
  readonly level: string;
  pack(cpio: Buffer): Buffer;
}

/** The parts of a package file, for those who sign the header in between. */
export interface RpmParts {
  readonly header: Buffer;
  readonly payload: Buffer;
}

/**
 * An RPM v4 package (RPM 4.20 manual, "Package format") whose bytes depend on the arguments only. Our own
 * packages are not compressed: what a compressor makes of the same bytes differs between its releases.
 *
 * @throws {AppError} of kind `bug` for paths that are not absolute and plain, or stand twice
 */
export function writeRpm(spec: RpmSpec): Buffer {
  return assembleRpm(spec, writeRpmParts(spec));
}

/** The main header and the payload of `writeRpm`. */
export function writeRpmParts(spec: RpmSpec): RpmParts {
  const files = toFiles(spec.files);
  const cpio = writeCpio(files.map((file) => toCpio(file, spec.epoch)));
  const payload = spec.packing?.pack(cpio) ?? cpio;
  return { header: writeHeader('main', mainTags(spec, files, payload)), payload };
}

/** The whole file: lead, signature header (with `signatures` over the header, by tag), header, payload. */
export function assembleRpm(
  spec: Pick<RpmSpec, 'name' | 'version' | 'release'>,
  { header, payload }: RpmParts,
  signatures: ReadonlyMap<number, HeaderValue> = new Map(),
): Buffer {
  const signature = writeHeader(
    'signature',
    new Map<number, HeaderValue>([
      ...signatures,
      [SIGNATURE_TAG.sha1Header, text(createHash('sha1').update(header).digest('hex'))],
      [SIGNATURE_TAG.sha256Header, text(sha256(header))],
      [SIGNATURE_TAG.size, { type: 'int32', value: [header.length + payload.length] }],
    ]),
  );
  const padding = Buffer.alloc(alignUp(signature.length, 8) - signature.length);
  return Buffer.concat([
    lead(`${spec.name}-${spec.version}-${spec.release}`),
    signature,
    padding,
    header,
    payload,
  ]);
}

function lead(name: string): Buffer {
  const bytes = Buffer.alloc(LEAD_SIZE);
  bytes.writeUInt32BE(0xedabeedb, 0);
  bytes.writeUInt16BE(0x0300, 4);
  bytes.writeUInt16BE(1, 8);
  bytes.write(name.slice(0, 65), 10, 'utf8');
  bytes.writeUInt16BE(1, 76);
  bytes.writeUInt16BE(5, 78);
  return bytes;
}

function mainTags(spec: RpmSpec, files: readonly WrittenFile[], payload: Buffer): Map<number, HeaderValue> {
  const size = files.reduce((sum, file) => sum + file.data.length, 0);
  return new Map<number, HeaderValue>([
    [HEADER_LOCALES, { type: 'strings', value: ['C'] }],
    [TAG.name, text(spec.name)],
    [TAG.version, text(spec.version)],
    [TAG.release, text(spec.release)],
    ...epochTag(spec.versionEpoch),
    [TAG.summary, { type: 'i18n', value: spec.summary }],
    [DESCRIPTION, { type: 'i18n', value: spec.description }],
    [TAG.buildTime, { type: 'int32', value: [spec.epoch] }],
    [BUILD_HOST, text('reproducible')],
    [TAG.size, { type: 'int32', value: [size] }],
    [TAG.license, text(spec.license)],
    [GROUP, { type: 'i18n', value: 'Unspecified' }],
    [TAG.os, text('linux')],
    [TAG.architecture, text(spec.architecture)],
    [TAG.sourceRpm, text(`${spec.name}-${spec.version}-${spec.release}.src.rpm`)],
    [TAG.payloadFormat, text('cpio')],
    [TAG.payloadSha256, { type: 'strings', value: [sha256(payload)] }],
    [TAG.payloadDigestAlgorithm, { type: 'int32', value: [SHA256] }],
    // rpm 4.20 aborts in Lua scripts of packages that do not say by which version they were made.
    [RPM_VERSION, text('4.20.1')],
    [ENCODING, text('utf-8')],
    ...scriptTags(spec.scripts ?? {}),
    ...dependencyTags(spec, interpreters(spec.scripts ?? {})),
    ...fileTags(files, spec.epoch),
    ...packingTags(spec.packing),
    ...(spec.tags ?? []),
  ]);
}

const HEADER_LOCALES = 100;
const DESCRIPTION = 1005;
const BUILD_HOST = 1007;
const GROUP = 1016;
const RPM_VERSION = 1064;
const ENCODING = 5062;
/** PGPHASHALGO_SHA256. */
const SHA256 = 8;

function epochTag(epoch = 0): [number, HeaderValue][] {
  return epoch === 0 ? [] : [[TAG.epoch, { type: 'int32', value: [epoch] }]];
}

function packingTags(packing: RpmPacking | undefined): [number, HeaderValue][] {
  if (packing === undefined) return [];
  return [
    [TAG.payloadCompressor, text(packing.compressor)],
    [TAG.payloadFlags, text(packing.level)],
  ];
}

const SCRIPT_TAGS: Readonly<Record<RpmScript, { readonly body: number; readonly program: number }>> = {
  pre: { body: 1023, program: 1085 },
  post: { body: 1024, program: 1086 },
  preun: { body: 1025, program: 1087 },
  postun: { body: 1026, program: 1088 },
  posttrans: { body: 1152, program: 1154 },
};

function scriptTags(scripts: Partial<Readonly<Record<RpmScript, string>>>): [number, HeaderValue][] {
  return (Object.keys(SCRIPT_TAGS) as RpmScript[]).flatMap((name) => {
    const body = scripts[name];
    const tags = SCRIPT_TAGS[name];
    return body === undefined
      ? []
      : [
          [tags.body, text(body)] satisfies [number, HeaderValue],
          [tags.program, text('/bin/sh')] satisfies [number, HeaderValue],
        ];
  });
}

function text(value: string): HeaderValue {
  return { type: 'string', value };
}

function toCpio(file: WrittenFile, epoch: number): Parameters<typeof writeCpio>[0][number] {
  return { name: `.${file.path}`, mode: file.mode, inode: file.inode, mtime: epoch, data: file.data };
}
