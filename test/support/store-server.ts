import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { temporaryDirectory } from './temporary.ts';

/** Types of messages of the Xen store's protocol (xen/io/xs_wire.h). */
export const STORE = {
  directory: 1,
  read: 2,
  watch: 4,
  unwatch: 5,
  begin: 6,
  end: 7,
  write: 11,
  event: 15,
  error: 16,
} as const;

/** A message: type, request, transaction, length, then the body. */
export function storeMessage(type: number, body: string): Buffer {
  const header = Buffer.alloc(16);
  header.writeUInt32LE(type, 0);
  header.writeUInt32LE(Buffer.byteLength(body), 12);
  return Buffer.concat([header, Buffer.from(body)]);
}

export interface Asked {
  readonly type: number;
  readonly transaction: number;
  readonly body: string;
}

/** A Xen store that a test plays. */
export interface StoreServer extends AsyncDisposable {
  readonly path: string;
  readonly asked: readonly Asked[];
  /** Sends to all clients, a piece at a time. */
  readonly send: (...pieces: readonly Buffer[]) => Promise<void>;
  /** Hangs up on everybody. */
  readonly hangUp: () => void;
  readonly clients: () => number;
}

/** `reply` says what the store sends for a request. */
export async function storeServer(reply: (asked: Asked) => readonly Buffer[]): Promise<StoreServer> {
  const folder = await temporaryDirectory();
  const path = join(folder.path, 'store');
  const asked: Asked[] = [];
  const clients = new Set<Socket>();
  let sending = Promise.resolve();
  const server = createServer((socket) => {
    clients.add(socket);
    socket.on('close', () => clients.delete(socket));
    // The program may be gone before it has read everything.
    socket.on('error', () => undefined);
    let input = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      input = Buffer.concat([input, chunk]);
      while (input.length >= 16 && input.length >= 16 + input.readUInt32LE(12)) {
        const length = input.readUInt32LE(12);
        const request = {
          type: input.readUInt32LE(0),
          transaction: input.readUInt32LE(8),
          body: input.toString('utf8', 16, 16 + length),
        };
        input = input.subarray(16 + length);
        asked.push(request);
        const answer = reply(request);
        sending = sending.then(() => send([socket], answer));
      }
    });
  }).listen(path);
  await once(server, 'listening');
  const hangUp = (): void => {
    clients.forEach((client) => client.destroy());
  };
  return {
    path,
    asked,
    send: (...pieces) => send([...clients], pieces),
    hangUp,
    clients: () => clients.size,
    [Symbol.asyncDispose]: async () => {
      hangUp();
      server.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** Apart in time, so that messages arrive in pieces. */
async function send(clients: readonly Socket[], pieces: readonly Buffer[]): Promise<void> {
  for (const piece of pieces) {
    clients.forEach((client) => client.write(piece));
    if (pieces.length > 1) await sleep(20);
  }
}
