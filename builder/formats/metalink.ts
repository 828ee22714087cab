import { malformed } from './malformed.ts';
import { parseChecksum, type Checksum } from './repomd.ts';
import { scanXml } from './xml.ts';

/** One state of a file that a metalink vouches for. */
export interface MetalinkFile {
  /** Bytes. */
  readonly size: number;
  /** Seconds since 1970. */
  readonly timestamp: number | undefined;
  /** All digests of SHA-256 and stronger; at least one. A file must match every one of them. */
  readonly checksums: readonly Checksum[];
}

export interface Metalink {
  /** The newest state. */
  readonly file: MetalinkFile;
  /** Older states that slow mirrors may still hold. */
  readonly alternates: readonly MetalinkFile[];
  /** http and https addresses of the file, best first. */
  readonly urls: readonly string[];
}

/**
 * Reads a metalink 3.0 of MirrorManager for one file, usually `repomd.xml`. The addresses are not to be
 * trusted; sizes and digests are as good as the channel that the metalink came through.
 *
 * @throws {AppError} `metalink.malformed` or `xml.malformed`
 */
export async function readMetalink(
  chunks: AsyncIterable<Uint8Array>,
  name: string,
  where: string,
): Promise<Metalink> {
  const reader = new MetalinkReader(name, where);
  await scanXml(chunks, reader, where);
  return reader.result();
}

interface Draft {
  size?: number;
  timestamp?: number;
  checksums: Checksum[];
}

class MetalinkReader {
  readonly #name: string;
  readonly #where: string;
  #inFile = false;
  #file: Draft | undefined;
  #alternate: Draft | undefined;
  readonly #alternates: Draft[] = [];
  readonly #urls: { readonly url: string; readonly preference: number }[] = [];
  #attributes: Readonly<Record<string, string>> = {};

  constructor(name: string, where: string) {
    this.#name = name;
    this.#where = where;
  }

  open(name: string, attributes: Readonly<Record<string, string>>): void {
    this.#attributes = attributes;
    if (name === 'file' && attributes['name'] === this.#name) {
      if (this.#file !== undefined) throw this.#broken(`one file ${this.#name}`, 'two');
      this.#inFile = true;
      this.#file = { checksums: [] };
    }
    if (name === 'alternate' && this.#inFile) this.#alternate = { checksums: [] };
  }

  close(name: string, text: string): void {
    if (!this.#inFile) return;
    const target = this.#alternate ?? this.#file;
    if (name === 'alternate' && this.#alternate !== undefined) {
      this.#alternates.push(this.#alternate);
      this.#alternate = undefined;
    } else if (name === 'file') {
      this.#inFile = false;
    } else if (name === 'url') {
      this.#addUrl(text);
    } else if (target !== undefined) {
      addField(target, name, text, this.#attributes['type']);
    }
  }

  result(): Metalink {
    if (this.#file === undefined) throw this.#broken(`a file named ${this.#name}`, 'none');
    const urls = [...this.#urls].sort((a, b) => b.preference - a.preference).map(({ url }) => url);
    if (urls.length === 0) throw this.#broken('an http or https address', 'none');
    return {
      file: this.#finish(this.#file),
      alternates: this.#alternates.map((draft) => this.#finish(draft)),
      urls,
    };
  }

  #addUrl(text: string): void {
    if (!/^https?:$/.test(URL.canParse(text) ? new URL(text).protocol : '')) return;
    const preference = Number(this.#attributes['preference'] ?? 0);
    this.#urls.push({ url: text, preference: Number.isFinite(preference) ? preference : 0 });
  }

  #finish({ size, timestamp, checksums }: Draft): MetalinkFile {
    if (checksums.length === 0) throw this.#broken('a hash of type sha256 or sha512', 'none');
    if (size === undefined) throw this.#broken('a size', 'none');
    return { size, timestamp, checksums };
  }

  #broken(expected: string, got: string): Error {
    return malformed('metalink.malformed', 'A metalink is broken.', this.#where, { expected, got });
  }
}

function addField(target: Draft, name: string, text: string, hashType: string | undefined): void {
  if (name === 'hash') {
    const checksum = parseChecksum(hashType, text);
    if (checksum !== undefined) target.checksums.push(checksum);
  }
  if (!/^\d{1,15}$/.test(text)) return;
  if (name === 'size') target.size = Number(text);
  if (name === 'timestamp') target.timestamp = Number(text);
}
