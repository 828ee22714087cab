import { DISPOSABLE_NAME } from './schema.ts';

/** Where a qube stands in the network between qubes. */
export interface Address {
  readonly ip: string;
  readonly mac: string;
}

/** Numbers given to qubes once and kept: the same qube has the same address after every start. */
export type Numbers = Readonly<Record<string, number>>;

/** Name servers that every qube asks; each netvm redirects them to its own, hop by hop. */
export const DNS_SERVERS = ['10.139.1.1', '10.139.1.2'] as const;

const PER_BLOCK = 254;
const HIGHEST = 254 * PER_BLOCK;

/** The address of number `n`: 10.137.x.y, for disposables made on the spot 10.138.x.y. */
export function addressOf(n: number, disposable: boolean): Address {
  if (!Number.isInteger(n) || n < 1 || n > HIGHEST) throw new RangeError(`no address for number ${n}`);
  const block = Math.floor((n - 1) / PER_BLOCK);
  const host = ((n - 1) % PER_BLOCK) + 1;
  const network = disposable ? 138 : 137;
  const bytes = [network, block, host].map((byte) => byte.toString(16).padStart(2, '0'));
  return { ip: `10.${network}.${block}.${host}`, mac: `00:16:3e:${bytes.join(':')}` };
}

/** The address of a qube by its name and number. */
export function addressFor(name: string, n: number): Address {
  return addressOf(n, DISPOSABLE_NAME.test(name));
}

/** The lowest number that nobody of the same network has. */
export function freeNumber(name: string, taken: Numbers): number {
  const disposable = DISPOSABLE_NAME.test(name);
  const used = new Set(
    Object.entries(taken)
      .filter(([other]) => DISPOSABLE_NAME.test(other) === disposable)
      .map(([, n]) => n),
  );
  let n = 1;
  while (used.has(n)) n += 1;
  return n;
}
