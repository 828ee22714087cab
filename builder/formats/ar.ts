import { malformed } from './malformed.ts';

/** Bytes that can be read at any place: a file, or a part of one. */
export interface RandomAccess {
  readonly size: number;
  /** Exactly `length` bytes from `offset`, or fewer at the end. */
  read(offset: number, length: number): Promise<Uint8Array>;
}

/** One member of an ar archive: where its content lies, in bytes from the start. */
export interface ArMember {
  readonly name: string;
  readonly offset: number;
  readonly size: number;
}

const MAGIC = '!<arch>\n';
const HEADER = 60;
/** A .deb has three members; a few more are legal, thousands are an attack. */
const MAX_MEMBERS = 64;
const NAME = /^[A-Za-z0-9_.+-]{1,16}$/;

/** `data` as a random-access source. */
export function randomAccessTo(data: Uint8Array): RandomAccess {
  return {
    size: data.length,
    read: (offset, length) => Promise.resolve(data.subarray(offset, offset + length)),
  };
}

/**
 * The members of an ar archive in the common format of ar(5), as deb(5) limits it. The long-name tables of
 * GNU and BSD ar are refused; a slash that ends a name is dropped, as dpkg does. Throws an `AppError`
 * (`ar.*`) for anything that is not exactly an archive: bounds, padding and numbers are checked.
 */
export async function readArMembers(source: RandomAccess | Uint8Array, where: string): Promise<ArMember[]> {
  const port = source instanceof Uint8Array ? randomAccessTo(source) : source;
  const magic = await readText(port, 0, MAGIC.length, where);
  if (magic !== MAGIC) {
    throw malformed('ar.magic', 'This is not an ar archive.', where, { expected: MAGIC, got: magic });
  }
  const members: ArMember[] = [];
  let position = MAGIC.length;
  while (position < port.size) {
    const header = await readText(port, position, HEADER, where);
    const member = readHeader(header, position + HEADER, where);
    const end = member.offset + member.size;
    if (end > port.size) {
      throw malformed('ar.truncated', `The archive ends within its member ${member.name}.`, where, {
        expected: `${end} bytes`,
        got: `${port.size} bytes`,
      });
    }
    members.push(member);
    if (members.length > MAX_MEMBERS) {
      throw malformed('ar.members', 'The archive has too many members.', where, {
        expected: `≤ ${MAX_MEMBERS}`,
      });
    }
    position = await skipPadding(port, end, where);
  }
  return members;
}

function readHeader(header: string, offset: number, where: string): ArMember {
  if (!header.endsWith('`\n')) {
    throw malformed('ar.header', 'A member header of the archive is damaged.', where, { got: header });
  }
  const name = header.slice(0, 16).trimEnd().replace(/\/$/, '');
  if (!NAME.test(name)) {
    throw malformed('ar.name', 'A member of the archive has a name that we do not accept.', where, {
      expected: 'a short name, without the name tables of GNU or BSD ar',
      got: header.slice(0, 16),
    });
  }
  // Time, owner, group, mode: not used, but garbage in them means a damaged header.
  if (!/^[0-9 ]*$/.test(header.slice(16, 48))) {
    throw malformed('ar.header', 'A member header of the archive is damaged.', where, { got: header });
  }
  const size = header.slice(48, 58).trimEnd();
  if (!/^\d{1,10}$/.test(size)) {
    throw malformed('ar.size', `The size of the member ${name} is not a number.`, where, { got: size });
  }
  return { name, offset, size: Number(size) };
}

/** Members start at even offsets; the byte between is a line feed. */
async function skipPadding(port: RandomAccess, end: number, where: string): Promise<number> {
  if (end % 2 === 0 || end === port.size) return end;
  if ((await readText(port, end, 1, where)) !== '\n') {
    throw malformed('ar.padding', 'The byte between two members of the archive is no line feed.', where);
  }
  return end + 1;
}

async function readText(port: RandomAccess, offset: number, length: number, where: string): Promise<string> {
  const bytes = await port.read(offset, length);
  if (bytes.length < length) {
    throw malformed('ar.truncated', 'The archive ends within a header.', where, {
      expected: `${offset + length} bytes`,
      got: `${port.size} bytes`,
    });
  }
  return Buffer.from(bytes.buffer, bytes.byteOffset, length).toString('latin1');
}
