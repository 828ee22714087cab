/**
 * OpenPGP verification (RFC 9580) against pinned keys.
 *
 * ```ts
 * const { payload, signer } = await verifyClearsigned(inRelease, { keyring, where, now, keysValid: 'now' });
 * await verifyDetached(data, signature, options);          // armored or binary signature
 * await verifyDetachedStream(chunks, signature, options);  // flat memory for large tarballs
 * ```
 *
 * One good signature by an allowed key is needed. A signature by an allowed key that does not fit the
 * data refuses the whole, even beside a good one: somebody changed something. Signatures by other keys
 * are passed over. Every failure is an AppError of kind `verification`, code `openpgp.*`:
 * `no-signature`, `frame`, `malformed`, `unsupported`, `unknown-key`, `bad-signature`, `key-expired`,
 * `key-revoked`, `future`. Pure.
 */
import { ReadableStream } from 'node:stream/web';
import {
  createMessage,
  enums,
  PacketList,
  readSignature,
  Signature,
  verify,
  type SignaturePacket,
  type UnparseablePacket,
} from 'openpgp';
import { AppError } from '../../core/errors.ts';
import { splitClearsigned } from './clearsign.ts';
import type { Fingerprint } from './fingerprint.ts';
import type { Keyring } from './keyring.ts';
import { CLOCK_SKEW, POLICY } from './policy.ts';
import {
  examine,
  keyProblem,
  nameKey,
  rejectionError,
  type Candidate,
  type Judgement,
  type Rejection,
} from './signature-policy.ts';

export interface VerifyOptions extends Judgement {
  readonly keyring: Keyring;
}

/** Who signed. */
export interface Verified {
  /** Fingerprint of the pinned primary key. */
  readonly signer: Fingerprint;
  /** Fingerprint of the key that made the signature: the primary or one of its subkeys. */
  readonly signingKey: Fingerprint;
  readonly signedAt: Date;
}

/** Verifies a clear-signed text; `payload` is the signed text and nothing else (UTF-8, no last `\n`). */
export async function verifyClearsigned(
  data: Uint8Array,
  options: VerifyOptions,
): Promise<Verified & { readonly payload: Buffer }> {
  const { text, signature } = splitClearsigned(data, options.where);
  const sorted = sort(await parseSignature(signature, options.where), options, [enums.signature.text]);
  const verified = await judge(sorted, options, async (list) => {
    const message = await createMessage({ text });
    return (await verify({ message, signature: list, ...arithmetic(sorted, options) })).signatures;
  });
  return { ...verified, payload: Buffer.from(text, 'utf8') };
}

/** Verifies a detached signature (armored or binary) over bytes in memory. */
export async function verifyDetached(
  data: Uint8Array,
  signature: Uint8Array,
  options: VerifyOptions,
): Promise<Verified> {
  const sorted = await sortDetached(signature, options);
  return judge(sorted, options, async (list) => {
    const message = await createMessage({ binary: data });
    const common = arithmetic(sorted, options);
    return (await verify({ message, signature: list, format: 'binary', ...common })).signatures;
  });
}

/**
 * Verifies a detached signature over a stream, with memory that does not grow with its length. The
 * stream is read to its end; its bytes are not to be used before the promise is fulfilled.
 */
export async function verifyDetachedStream(
  data: AsyncIterable<Uint8Array>,
  signature: Uint8Array,
  options: VerifyOptions,
): Promise<Verified> {
  const sorted = await sortDetached(signature, options);
  return judge(sorted, options, async (list) => {
    const message = await createMessage({ binary: toWebStream(data) });
    const common = arithmetic(sorted, options);
    const result: { data: unknown; signatures: Signatures } = await verify({
      message,
      signature: list,
      format: 'binary',
      ...common,
    });
    await drain(result.data);
    return result.signatures;
  });
}

interface Sorted {
  readonly candidates: readonly Candidate[];
  readonly rejections: readonly Rejection[];
}

type Signatures = readonly { readonly verified: Promise<true> }[];
type Arithmetic = (signature: Signature) => Promise<Signatures>;

async function sortDetached(signature: Uint8Array, options: VerifyOptions): Promise<Sorted> {
  const { where } = options;
  if (signature.length === 0) {
    throw new AppError({
      kind: 'verification',
      code: 'openpgp.no-signature',
      what: 'the signature is empty',
      where,
      expected: 'OpenPGP signature packets, armored or binary',
      got: '0 bytes',
      next: 'try another mirror (--mirror NAME=URL)',
    });
  }
  const parsed = await parseSignature(signature, where);
  return sort(parsed, options, [enums.signature.binary, enums.signature.text]);
}

async function parseSignature(signature: Uint8Array | string, where: string): Promise<Signature> {
  try {
    // A binary packet starts with a byte whose top bit is set (RFC 9580, section 4.2); armor is ASCII.
    const binary = typeof signature !== 'string' && ((signature[0] ?? 0) & 0x80) !== 0;
    return binary
      ? await readSignature({ binarySignature: Uint8Array.from(signature) })
      : await readSignature({ armoredSignature: Buffer.from(signature).toString('latin1') });
  } catch (error) {
    throw new AppError({
      kind: 'verification',
      code: 'openpgp.malformed',
      what: 'signature: it cannot be read',
      where,
      expected: 'OpenPGP signature packets, armored or binary',
      got: messageOf(error),
      cause: error,
    });
  }
}

function sort(signature: Signature, options: VerifyOptions, kinds: readonly enums.signature[]): Sorted {
  const packets: readonly (SignaturePacket | UnparseablePacket)[] = [...signature.packets];
  const results = packets.map((packet) => examine(packet, options.keyring, kinds));
  const rejections = results.filter((result) => 'code' in result);
  const candidates: Candidate[] = [];
  for (const result of results) {
    if ('code' in result) continue;
    if (options.keysValid === 'now' && result.created.getTime() > options.now.getTime() + CLOCK_SKEW) {
      rejections.push(fromFuture(result, options.now));
    } else {
      candidates.push(result);
    }
  }
  if (packets.length === 0) {
    throw new AppError({
      kind: 'verification',
      code: 'openpgp.no-signature',
      what: 'there is no signature',
      where: options.where,
      expected: 'OpenPGP signature packets, armored or binary',
      got: 'an OpenPGP message without a signature',
      next: 'try another mirror (--mirror NAME=URL)',
    });
  }
  return { candidates, rejections };
}

function arithmetic(
  sorted: Sorted,
  options: VerifyOptions,
): { verificationKeys: Candidate['pinned']['key'][]; date: Date | null; config: typeof POLICY } {
  return {
    verificationKeys: [...new Set(sorted.candidates.map((candidate) => candidate.pinned.key))],
    date: options.keysValid === 'now' ? new Date(options.now.getTime() + CLOCK_SKEW) : null,
    config: POLICY,
  };
}

async function judge(sorted: Sorted, options: VerifyOptions, run: Arithmetic): Promise<Verified> {
  const { candidates } = sorted;
  const rejections = [...sorted.rejections];
  const good: Candidate[] = [];
  if (candidates.length > 0) {
    const list = new PacketList<SignaturePacket>();
    list.push(...candidates.map((candidate) => candidate.packet));
    const results = await run(new Signature(list));
    for (const [at, candidate] of candidates.entries()) {
      const rejection = await judgeOne(candidate, results[at]?.verified, options);
      if (rejection === undefined) good.push(candidate);
      else rejections.push(rejection);
    }
  }
  const worst = worstOf(rejections);
  const rank = (candidate: Candidate): number => options.keyring.keys.indexOf(candidate.pinned);
  const [best] = good.sort((a, b) => rank(a) - rank(b));
  if (best !== undefined && worst?.code !== 'bad-signature') {
    return { signer: best.pinned.fingerprint, signingKey: best.signingKey, signedAt: best.created };
  }
  if (worst === undefined) throw new Error('a signature was neither accepted nor rejected');
  throw rejectionError(worst, options.where, rejections);
}

async function judgeOne(
  candidate: Candidate,
  verified: Promise<true> | undefined,
  options: VerifyOptions,
): Promise<Rejection | undefined> {
  let failure: string | undefined;
  try {
    if ((await verified) !== true) failure = 'it was not verified';
  } catch (error) {
    failure = messageOf(error);
  }
  const atSigning = await keyProblem(candidate, candidate.created);
  const doesNotFit = failure !== undefined && /digest did not match|verification failed/i.test(failure);
  if (!doesNotFit && atSigning !== undefined) return atSigning;
  if (failure === undefined) {
    return options.keysValid === 'now' ? keyProblem(candidate, options.now) : undefined;
  }
  return {
    code: 'bad-signature',
    what: 'it does not fit the text',
    expected: `the text that ${nameKey(candidate.pinned)} signed at ${candidate.created.toISOString()}`,
    got: failure,
  };
}

/** The rejection that is worth telling first. */
function worstOf(rejections: readonly Rejection[]): Rejection | undefined {
  const order: readonly Rejection['code'][] = [
    'bad-signature',
    'key-revoked',
    'key-expired',
    'future',
    'unsupported',
    'unknown-key',
  ];
  return [...rejections].sort((a, b) => order.indexOf(a.code) - order.indexOf(b.code))[0];
}

function fromFuture(candidate: Candidate, now: Date): Rejection {
  return {
    code: 'future',
    what: 'made in the future',
    expected: `a signature made before ${now.toISOString()}`,
    got: `${candidate.created.toISOString()} by ${nameKey(candidate.pinned)}`,
  };
}

async function drain(data: unknown): Promise<void> {
  if (!(data instanceof ReadableStream)) throw new Error('openpgp.js returned no stream for a stream');
  const reader = data.getReader();
  while (!(await reader.read()).done);
}

function toWebStream(data: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> {
  const iterator = data[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const next = await iterator.next();
        if (next.done === true) controller.close();
        else controller.enqueue(next.value);
      },
      async cancel() {
        await iterator.return?.();
      },
    },
    { highWaterMark: 0 },
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
