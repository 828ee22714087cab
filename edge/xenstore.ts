import { connect, type Socket } from 'node:net';
import { AppError } from '../core/errors.ts';
import type { StoreLink } from '../core/machine.ts';

/** Where the daemon listens for programs of dom0. */
const SOCKET = '/run/xenstored/socket';

/** xen/io/xs_wire.h: `struct xsd_sockmsg` and the types of messages that are used here. */
const HEADER = 16;
const MOST = 4096;
const TYPE = {
  directory: 1,
  read: 2,
  watch: 4,
  begin: 6,
  end: 7,
  write: 11,
  event: 15,
  error: 16,
} as const;

interface Pending {
  readonly resolve: (body: string) => void;
  readonly reject: (error: Error) => void;
}

/** Sends a request and gives the body of its answer. */
type Ask = (type: number, body: string, transaction?: number) => Promise<string>;

/** What the daemon answered in place of a result, by its name: `ENOENT`, `EAGAIN`. */
class Refused extends Error {}

/**
 * A connection to the Xen store by its own protocol (Xen, docs/misc/xenstore.txt). Opened when it is first used;
 * it does not keep the process alive while nothing is waited for.
 */
export function xenstoreLink(socketPath: string = SOCKET): StoreLink {
  let opened: Promise<Connection> | undefined;
  const ask: Ask = async (type, body, transaction = 0) => {
    opened ??= Connection.open(socketPath);
    return (await opened).ask(type, body, transaction);
  };
  const orNothing = async <T>(work: () => Promise<T>, nothing: T): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      if (error instanceof Refused && error.message === 'ENOENT') return nothing;
      throw failed(socketPath, error);
    }
  };
  return {
    read: (path) => orNothing(() => ask(TYPE.read, `${path}\0`), undefined),
    list: (path) =>
      orNothing(
        async () => (await ask(TYPE.directory, `${path}\0`)).split('\0').filter((name) => name !== ''),
        [],
      ),
    write: async (nodes) => {
      for (;;) {
        try {
          await writeOnce(ask, nodes);
          return;
        } catch (error) {
          // Somebody else wrote in the meantime: nothing of ours is there.
          if (!(error instanceof Refused && error.message === 'EAGAIN')) throw failed(socketPath, error);
        }
      }
    },
    watch: async (paths) => {
      // A connection of its own: with it the daemon forgets its watches.
      const connection = await Connection.open(socketPath).catch((error: unknown) => {
        throw failed(socketPath, error);
      });
      try {
        for (const path of paths) await connection.ask(TYPE.watch, `${path}\0\0`, 0);
      } catch (error) {
        connection.close();
        throw failed(socketPath, error);
      }
      return {
        next: async (timeout) => {
          if (await connection.news(timeout)) return true;
          if (connection.failure !== undefined) throw failed(socketPath, connection.failure);
          return false;
        },
        [Symbol.dispose]: () => {
          connection.close();
        },
      };
    },
  };
}

/** All nodes in one transaction, or none of them. */
async function writeOnce(
  ask: Ask,
  nodes: readonly (readonly [path: string, value: string])[],
): Promise<void> {
  const transaction = Number.parseInt(await ask(TYPE.begin, '\0'), 10);
  try {
    for (const [path, value] of nodes) await ask(TYPE.write, `${path}\0${value}`, transaction);
  } catch (error) {
    await ask(TYPE.end, 'F\0', transaction).catch(() => undefined);
    throw error;
  }
  await ask(TYPE.end, 'T\0', transaction);
}

class Connection {
  readonly #socket: Socket;
  readonly #pending: Pending[] = [];
  #input = Buffer.alloc(0);
  #failure: Error | undefined;
  #events = 0;
  #wake: () => void = () => undefined;

  static open(path: string): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const socket = connect(path);
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        resolve(new Connection(socket));
      });
    });
  }

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.unref();
    socket.on('data', (chunk) => {
      this.#input = Buffer.concat([this.#input, chunk]);
      this.#take();
    });
    socket.on('error', (error) => {
      this.#fail(error);
    });
    socket.on('close', () => {
      this.#fail(new Error('the store closed the connection'));
    });
  }

  /** The body of the answer. The daemon answers a connection in the order of its requests. */
  ask(type: number, body: string, transaction: number): Promise<string> {
    const bytes = Buffer.from(body);
    if (bytes.length > MOST)
      return Promise.reject(new Error(`${bytes.length} bytes do not fit into one message`));
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const header = Buffer.alloc(HEADER);
    [type, 0, transaction, bytes.length].forEach((field, index) => header.writeUInt32LE(field, 4 * index));
    return new Promise((resolve, reject) => {
      this.#pending.push({ resolve, reject });
      this.#socket.ref();
      this.#socket.write(Buffer.concat([header, bytes]));
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  get failure(): Error | undefined {
    return this.#failure;
  }

  /** Whether a watch fired since the last call, or does within `timeout` milliseconds. */
  async news(timeout: number): Promise<boolean> {
    const seen = this.#events > 0 || (await this.#event(timeout));
    this.#events = 0;
    return seen;
  }

  #event(timeout: number): Promise<boolean> {
    if (this.#failure !== undefined) return Promise.resolve(false);
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#wake = () => undefined;
        resolve(false);
      }, timeout);
      this.#wake = () => {
        clearTimeout(timer);
        resolve(this.#events > 0);
      };
    });
  }

  #take(): void {
    while (this.#input.length >= HEADER) {
      const length = this.#input.readUInt32LE(12);
      if (length > MOST) {
        this.#socket.destroy(new Error('the store sent more than a message may have'));
        return;
      }
      if (this.#input.length < HEADER + length) return;
      const type = this.#input.readUInt32LE(0);
      const body = this.#input.toString('utf8', HEADER, HEADER + length);
      this.#input = this.#input.subarray(HEADER + length);
      this.#deliver(type, body);
    }
  }

  #deliver(type: number, body: string): void {
    if (type === TYPE.event) {
      this.#events += 1;
      this.#wake();
      return;
    }
    const asked = this.#pending.shift();
    if (this.#pending.length === 0) this.#socket.unref();
    if (type === TYPE.error) asked?.reject(new Refused(body.replace(/\0$/, '')));
    else asked?.resolve(body);
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const asked of this.#pending.splice(0)) asked.reject(this.#failure);
    this.#wake();
  }
}

function failed(path: string, cause: unknown): AppError {
  if (cause instanceof AppError) return cause;
  return new AppError({
    kind: 'tool',
    code: 'xenstore.failed',
    what: 'the Xen store does not answer as it should',
    where: path,
    expected: 'the daemon of dom0, and an answer to each request',
    got: cause instanceof Error ? cause.message : String(cause),
    next: 'systemctl status xen.service',
    cause,
  });
}
