/** Objects of git, packs of them, and a server of its protocol on 127.0.0.1: repositories that tests make and sign. */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { deflateSync } from 'node:zlib';
import {
  objectId,
  printTree,
  type GitHash,
  type GitObject,
  type GitTreeItem,
} from '../../builder/formats/git/objects.ts';
import { detachedSign, type TestKey } from './test-keys.ts';

/** A file of a sample: `*` before the content makes it executable, `->` a symlink. */
export type SampleFiles = Readonly<Record<string, string>>;

export interface SampleRepository {
  readonly hash: GitHash;
  readonly objects: ReadonlyMap<string, GitObject>;
  /** Ids. */
  readonly tag: string;
  readonly commit: string;
  readonly tree: string;
  readonly name: string;
}

export interface SampleOptions {
  readonly key: TestKey;
  readonly name?: string;
  /** What the signed text calls the tag, where that is another name. */
  readonly signedName?: string;
  readonly hash?: GitHash;
}

const WHO = 'R <r@example.org> 1700000000 +0000';

/** A repository of one commit and one signed tag. */
export async function sampleRepository(
  files: SampleFiles,
  options: SampleOptions,
): Promise<SampleRepository> {
  const { key, name = 'v1.0', hash = 'sha1' } = options;
  const objects = new Map<string, GitObject>();
  const add = (type: GitObject['type'], content: Buffer): string => {
    const id = objectId(type, content, hash);
    objects.set(id, { type, content });
    return id;
  };
  const tree = addTree(files, add);
  const commit = add('commit', Buffer.from(`tree ${tree}\nauthor ${WHO}\ncommitter ${WHO}\n\nfirst\n`));
  const head = `object ${commit}\ntype commit\ntag ${options.signedName ?? name}\ntagger ${WHO}\n\nrelease\n`;
  const signature = (await detachedSign(Buffer.from(head), key)).toString().replaceAll('\r\n', '\n');
  const tag = add('tag', Buffer.from(head + signature));
  return { hash, objects, tag, commit, tree, name };
}

function addTree(files: SampleFiles, add: (type: 'tree' | 'blob', content: Buffer) => string): string {
  const items: GitTreeItem[] = [];
  const below = new Map<string, Record<string, string>>();
  for (const [path, content] of Object.entries(files)) {
    const [name = '', ...rest] = path.split('/');
    if (rest.length > 0) below.set(name, { ...below.get(name), [rest.join('/')]: content });
    else items.push({ name, ...blobOf(content, add) });
  }
  for (const [name, inner] of below) items.push({ mode: '40000', name, id: addTree(inner, add) });
  return add('tree', printTree(items));
}

function blobOf(
  content: string,
  add: (type: 'blob', content: Buffer) => string,
): { readonly mode: string; readonly id: string } {
  if (content.startsWith('->')) return { mode: '120000', id: add('blob', Buffer.from(content.slice(2))) };
  const isProgram = content.startsWith('*');
  return {
    mode: isProgram ? '100755' : '100644',
    id: add('blob', Buffer.from(isProgram ? content.slice(1) : content)),
  };
}

/**
 * How a pack holds blobs after the first: whole, or as deltas to the one before, by its place or its id; `forward`: by
 * the id of one that comes later.
 */
export type Deltas = 'none' | 'offset' | 'id' | 'forward';

/** A pack of these objects (gitformat-pack(5)). */
export function writePack(
  objects: ReadonlyMap<string, GitObject>,
  hash: GitHash,
  deltas: Deltas = 'none',
): Buffer {
  const head = Buffer.alloc(12);
  head.write('PACK', 'latin1');
  head.writeUInt32BE(2, 4);
  head.writeUInt32BE(objects.size, 8);
  const parts: Buffer[] = [];
  let at = head.length;
  let last: Base | undefined;
  for (const [id, object] of objects) {
    const base = deltas !== 'none' && object.type === 'blob' ? last : undefined;
    const entry = base === undefined ? wholeEntry(object) : deltaEntry(deltas, base, object.content, at);
    if (object.type === 'blob') last = { id, place: at, content: object.content };
    parts.push(entry);
    at += entry.length;
  }
  const pack = Buffer.concat([head, ...(deltas === 'forward' ? parts.reverse() : parts)]);
  return Buffer.concat([pack, createHash(hash).update(pack).digest()]);
}

interface Base {
  readonly id: string;
  readonly place: number;
  readonly content: Buffer;
}

function wholeEntry({ type, content }: GitObject): Buffer {
  const number = { commit: 1, tree: 2, blob: 3, tag: 4 }[type];
  return Buffer.concat([entryHead(number, content.length), deflateSync(content)]);
}

function deltaEntry(deltas: Deltas, base: Base, content: Buffer, place: number): Buffer {
  const delta = deltaOf(base.content, content);
  const head = entryHead(deltas === 'offset' ? 6 : 7, delta.length);
  return Buffer.concat([head, baseOf(deltas, base.id, place - base.place), deflateSync(delta)]);
}

function entryHead(type: number, size: number): Buffer {
  const bytes: number[] = [(type << 4) | (size & 15)];
  for (let rest = Math.floor(size / 16); rest > 0; rest = Math.floor(rest / 128)) {
    bytes[bytes.length - 1]! |= 0x80;
    bytes.push(rest & 127);
  }
  return Buffer.from(bytes);
}

function baseOf(deltas: Deltas, id: string, back: number): Buffer {
  if (deltas !== 'offset') return Buffer.from(id, 'hex');
  const bytes = [back & 127];
  for (let rest = Math.floor(back / 128); rest > 0; rest = Math.floor((rest - 1) / 128)) {
    bytes.unshift(0x80 | ((rest - 1) & 127));
  }
  return Buffer.from(bytes);
}

/** Copies what both begin with, then inserts the rest. */
function deltaOf(base: Buffer, content: Buffer): Buffer {
  let same = 0;
  while (same < Math.min(base.length, content.length, 0xffff) && base[same] === content[same]) same += 1;
  const parts: number[] = [...varint(base.length), ...varint(content.length)];
  if (same > 0) parts.push(0x80 | 0x10 | 0x20, same & 255, same >> 8);
  for (let at = same; at < content.length; at += 127) {
    const piece = content.subarray(at, at + 127);
    parts.push(piece.length, ...piece);
  }
  return Buffer.from(parts);
}

function varint(value: number): number[] {
  const bytes = [value & 127];
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) {
    bytes[bytes.length - 1]! |= 0x80;
    bytes.push(rest & 127);
  }
  return bytes;
}

/** Serves one repository below any path; a test may exchange it, its pack, or what it says. */
export class GitServer implements AsyncDisposable {
  repository: SampleRepository;
  deltas: Deltas = 'none';
  /** Called with the pack before it is sent. */
  spoil: (pack: Buffer) => Buffer = (pack) => pack;
  requests = 0;
  readonly #server = createServer((request, response) => {
    this.#serve(request, response).catch(() => response.destroy());
  });

  constructor(repository: SampleRepository) {
    this.repository = repository;
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/xen.git`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) =>
      this.#server.close(() => {
        resolve();
      }),
    );
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.requests += 1;
    const { hash, objects, tag, name } = this.repository;
    let asked = '';
    for await (const chunk of request) asked += String(chunk);
    if (request.headers['git-protocol'] !== 'version=2') response.writeHead(400).end();
    else if (request.url?.endsWith('/info/refs?service=git-upload-pack') === true) {
      const lines = ['version 2', 'agent=test', 'ls-refs', 'fetch=shallow', `object-format=${hash}`];
      response.end(
        `001e# service=git-upload-pack\n0000${lines.map((line) => pkt(`${line}\n`)).join('')}0000`,
      );
    } else if (asked.includes('command=ls-refs')) {
      response.end(
        asked.includes(`refs/tags/${name}\n`) ? `${pkt(`${tag} refs/tags/${name}\n`)}0000` : '0000',
      );
    } else if (asked.includes(`want ${tag}\n`)) {
      const pack = this.spoil(writePack(objects, hash, this.deltas));
      response.write(`${pkt('shallow-info\n')}0001${pkt('packfile\n')}`);
      for (let at = 0; at < pack.length; at += 1000) {
        const piece = pack.subarray(at, at + 1000);
        response.write(Buffer.concat([Buffer.from(length(piece.length + 5)), Buffer.from([1]), piece]));
      }
      response.end('0000');
    } else response.end(pkt('ERR upload-pack: not our ref\n'));
  }
}

function pkt(text: string): string {
  return `${length(text.length + 4)}${text}`;
}

function length(size: number): string {
  return size.toString(16).padStart(4, '0');
}
