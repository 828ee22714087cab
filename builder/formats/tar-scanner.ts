import { malformed } from './malformed.ts';
import { parsePax } from './pax.ts';
import { TAR_BLOCK, type ScannedTarEntry } from './tar-entry.ts';
import { readRawHeader, readTarEntry, type Extensions } from './tar-header.ts';
import { decodeTarText } from './tar-text.ts';

/** What a scan hands out. */
export interface TarHandlers {
  /** Called at each entry, before its content. */
  readonly onEntry: (entry: ScannedTarEntry) => void;
  /** Called with the pieces of a file's content; each is a view of the chunk given to `write`. */
  readonly onData?: (chunk: Buffer, entry: ScannedTarEntry) => void;
  /** Called when the content of an entry is complete, also when it has none. */
  readonly onEnd?: (entry: ScannedTarEntry) => void;
}

/** Names and attributes of one entry fit easily; more is an attack on our memory. */
const MAX_EXTENSION = 1024 * 1024;
const EMPTY: Extensions = {};

type State =
  | { readonly kind: 'header' }
  | { readonly kind: 'content'; readonly entry: ScannedTarEntry }
  | { readonly kind: 'extension'; readonly flag: string; readonly data: Buffer; filled: number }
  | { readonly kind: 'padding' }
  | { readonly kind: 'ended' };

/**
 * Reads an uncompressed tar archive as it streams by: give it chunks of any size with `write`, then `end`.
 * Content is passed over without a copy. Reads what `readTarEntry` reads. Throws an `AppError` (`tar.*`,
 * `pax.*`) for a damaged header and, at `end`, for an archive that stops before its end mark. What follows
 * the two zero blocks of the end mark is not looked at, as in every tar reader.
 */
export class TarScanner {
  readonly #handlers: TarHandlers;
  readonly #where: string;
  readonly #block = Buffer.alloc(TAR_BLOCK);
  #filled = 0;
  /** Bytes left of the content or padding that the state is in. */
  #left = 0;
  #padding = 0;
  #position = 0;
  #zeroBlocks = 0;
  #state: State = { kind: 'header' };
  #extensions: Extensions = EMPTY;

  constructor(handlers: TarHandlers, where: string) {
    this.#handlers = handlers;
    this.#where = where;
  }

  /** True once the end mark has been read. */
  get ended(): boolean {
    return this.#state.kind === 'ended';
  }

  write(chunk: Uint8Array): void {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let at = 0;
    while (at < bytes.length && this.#state.kind !== 'ended') {
      at += this.#state.kind === 'header' ? this.#takeHeader(bytes, at) : this.#takeBody(bytes, at);
    }
  }

  /** Says that there is no more. */
  end(): void {
    const complete = this.#state.kind === 'header' && this.#filled === 0 && this.#zeroBlocks > 0;
    if (this.#state.kind !== 'ended' && !complete) {
      throw malformed('tar.truncated', 'The archive stops before its end mark.', this.#where, {
        got: `${this.#position} bytes`,
      });
    }
  }

  #takeHeader(bytes: Buffer, at: number): number {
    const available = bytes.length - at;
    if (this.#filled === 0 && available >= TAR_BLOCK) {
      this.#position += TAR_BLOCK;
      this.#header(bytes.subarray(at, at + TAR_BLOCK));
      return TAR_BLOCK;
    }
    const taken = Math.min(TAR_BLOCK - this.#filled, available);
    bytes.copy(this.#block, this.#filled, at, at + taken);
    this.#filled += taken;
    this.#position += taken;
    if (this.#filled === TAR_BLOCK) {
      this.#filled = 0;
      this.#header(this.#block);
    }
    return taken;
  }

  #header(block: Buffer): void {
    const offset = this.#position - TAR_BLOCK;
    const where = `${this.#where} at byte ${offset}`;
    if (block[0] === 0 && block.equals(ZERO_BLOCK)) {
      this.#zeroBlock(where);
      return;
    }
    if (this.#zeroBlocks > 0)
      throw malformed('tar.end', 'An entry follows a zero block of the archive.', where);
    const flag = block.toString('latin1', 156, 157);
    if ('xgLK'.includes(flag)) {
      this.#startExtension(flag, readRawHeader(block, where).size, where);
      return;
    }
    const entry = readTarEntry(block, this.#extensions, offset, where);
    const { globalPax } = this.#extensions;
    this.#extensions = globalPax === undefined ? EMPTY : { globalPax };
    this.#handlers.onEntry(entry);
    this.#startBody({ kind: 'content', entry }, entry.size);
  }

  #zeroBlock(where: string): void {
    if (this.#extensions.start !== undefined) {
      throw malformed('tar.end', 'The archive ends after a header that announces another.', where);
    }
    this.#zeroBlocks += 1;
    if (this.#zeroBlocks === 2) this.#state = { kind: 'ended' };
  }

  #startExtension(flag: string, size: number, where: string): void {
    if (size > MAX_EXTENSION) {
      throw malformed('tar.extension', 'An extension header of the archive is too large.', where, {
        expected: `≤ ${MAX_EXTENSION} bytes`,
        got: `${size} bytes`,
      });
    }
    const start = this.#extensions.start ?? this.#position - TAR_BLOCK;
    this.#extensions = { ...this.#extensions, start };
    this.#startBody({ kind: 'extension', flag, data: Buffer.alloc(size), filled: 0 }, size);
  }

  #startBody(state: State, size: number): void {
    this.#state = state;
    this.#left = size;
    this.#padding = (TAR_BLOCK - (size % TAR_BLOCK)) % TAR_BLOCK;
    if (size === 0) this.#finishBody();
  }

  #takeBody(bytes: Buffer, at: number): number {
    const taken = Math.min(this.#left, bytes.length - at);
    const state = this.#state;
    if (state.kind === 'content') this.#handlers.onData?.(bytes.subarray(at, at + taken), state.entry);
    if (state.kind === 'extension') {
      bytes.copy(state.data, state.filled, at, at + taken);
      state.filled += taken;
    }
    this.#left -= taken;
    this.#position += taken;
    if (this.#left === 0) this.#finishBody();
    return taken;
  }

  #finishBody(): void {
    const state = this.#state;
    if (state.kind === 'content') this.#handlers.onEnd?.(state.entry);
    if (state.kind === 'extension') this.#extensions = this.#extended(state.flag, state.data);
    const padding = state.kind === 'padding' ? 0 : this.#padding;
    this.#left = padding;
    this.#state = { kind: padding === 0 ? 'header' : 'padding' };
  }

  #extended(flag: string, data: Buffer): Extensions {
    const where = `${this.#where} before byte ${this.#position}`;
    const known = this.#extensions;
    if (flag === 'x') return { ...known, pax: parsePax(data, where) };
    if (flag === 'g') return { globalPax: parsePax(data, where) };
    const nul = data.indexOf(0);
    const name = decodeTarText(nul < 0 ? data : data.subarray(0, nul), where);
    return flag === 'L' ? { ...known, longName: name } : { ...known, longLink: name };
  }
}

const ZERO_BLOCK = Buffer.alloc(TAR_BLOCK);
