/** Git's protocol, version 2 (gitprotocol-v2(5)), as far as fetching one tag without its history needs it. Pure. */
import { AppError } from '../../../core/errors.ts';
import { printable } from '../malformed.ts';
import type { GitHash } from './objects.ts';

/** A packet (gitprotocol-common(5)): data, or one of the marks. */
type Packet = Buffer | 'flush' | 'delimiter' | 'end';

const MARKS: Readonly<Record<string, Packet>> = { '0000': 'flush', '0001': 'delimiter', '0002': 'end' };

/** What a server of the protocol says about itself. */
export interface Advertised {
  readonly hash: GitHash;
}

/**
 * Reads the answer to `info/refs?service=git-upload-pack`. Throws `git.protocol` (kind `network`) for what is
 * none, and for servers that cannot give a part of the history.
 */
export function parseAdvertisement(answer: Buffer, where: string): Advertised {
  const lines = textLines(answer, where);
  const features = (name: string): string | undefined =>
    lines.find((line) => line === name || line.startsWith(`${name}=`))?.slice(name.length + 1);
  const format = features('object-format') ?? 'sha1';
  const isUsable = lines.includes('version 2') && features('ls-refs') !== undefined;
  const canBeShallow = features('fetch')?.split(' ').includes('shallow') === true;
  if (isUsable && canBeShallow && (format === 'sha1' || format === 'sha256')) return { hash: format };
  throw badAnswer(where, 'version 2 with ls-refs and shallow fetch', lines.join(', '));
}

/** Asks for the id of a tag. */
export function askForTag(tag: string, hash: GitHash): Buffer {
  return request('ls-refs', hash, [`ref-prefix refs/tags/${tag}\n`]);
}

/** The id of a tag in the answer; undefined when the repository has no such tag. */
export function parseTagId(answer: Buffer, tag: string, where: string): string | undefined {
  for (const line of textLines(answer, where)) {
    const [id = '', name] = line.split(' ');
    if (name !== `refs/tags/${tag}`) continue;
    if (!/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(id)) throw badAnswer(where, 'the id of a tag', line);
    return id;
  }
  return undefined;
}

/** Asks for a tag, its commit, and the files of that commit. */
export function askForPack(id: string, hash: GitHash): Buffer {
  return request('fetch', hash, [`want ${id}\n`, 'deepen 1\n', 'ofs-delta\n', 'no-progress\n', 'done\n']);
}

/** The pack in the answer. Throws `git.server` with the server's own words when it gives none. */
export function parsePackAnswer(answer: Buffer, where: string): Buffer {
  const pieces: Buffer[] = [];
  let isPack = false;
  for (const packet of packets(answer, where)) {
    if (typeof packet === 'string') continue;
    if (!isPack) {
      const line = packet.toString('utf8').trimEnd();
      if (line.startsWith('ERR ')) throw refusedBy(where, line.slice(4));
      isPack = line === 'packfile';
      continue;
    }
    // Side band: 1 is the pack, 2 is progress, 3 is why there is no more.
    if (packet[0] === 1) pieces.push(packet.subarray(1));
    else if (packet[0] === 3) throw refusedBy(where, packet.toString('utf8', 1));
  }
  if (!isPack) throw badAnswer(where, 'a pack', 'none');
  return Buffer.concat(pieces);
}

function request(command: string, hash: GitHash, options: readonly string[]): Buffer {
  const head = [`command=${command}`, 'agent=qubeforge', `object-format=${hash}`].map(packet);
  return Buffer.concat([...head, Buffer.from('0001'), ...options.map(packet), Buffer.from('0000')]);
}

function packet(text: string): Buffer {
  const body = Buffer.from(text);
  return Buffer.concat([Buffer.from((body.length + 4).toString(16).padStart(4, '0')), body]);
}

function* packets(answer: Buffer, where: string): Generator<Packet> {
  for (let at = 0; at < answer.length;) {
    const length = answer.toString('latin1', at, at + 4);
    const size = /^[0-9a-f]{4}$/i.test(length) ? Number.parseInt(length, 16) : NaN;
    const mark = MARKS[length];
    if (mark !== undefined) yield mark;
    else if (size > 4 && at + size <= answer.length) yield answer.subarray(at + 4, at + size);
    else throw badAnswer(where, 'a packet of git', answer.toString('latin1', at, at + 80));
    at += mark === undefined ? size : 4;
  }
}

function textLines(answer: Buffer, where: string): string[] {
  const lines = [...packets(answer, where)].flatMap((one) =>
    typeof one === 'string' ? [] : [one.toString('utf8').trimEnd()],
  );
  const refused = lines.find((line) => line.startsWith('ERR '));
  if (refused !== undefined) throw refusedBy(where, refused.slice(4));
  return lines;
}

function badAnswer(where: string, expected: string, got: string): AppError {
  return failure(
    'git.protocol',
    'the server does not speak the protocol of git that is needed',
    where,
    got,
    expected,
  );
}

function refusedBy(where: string, got: string): AppError {
  return failure('git.server', 'the server of the repository refuses', where, got);
}

/** Of kind `network`: what such an answer keeps from us is not forged, it is not there. */
function failure(code: string, what: string, where: string, got: string, expected?: string): AppError {
  return new AppError({ kind: 'network', code, what, where, expected, got: printable(got) });
}
