/** The thread of the virtual boards: started for the first, ended after the last, and never what keeps a process alive. */
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { FromHost, ToHost } from './messages';

export interface HostListener {
  bytes(line: number, bytes: Uint8Array): void;
  /** The board is gone, with all that it held. */
  failed(reason: string): void;
}

interface Host {
  worker: Worker;
  listeners: Map<number, HostListener>;
}

let host: Host | undefined;
let boards = 0;

function startHost(): Host {
  const worker = new Worker(join(__dirname, 'worker.js'));
  const mine: Host = { worker, listeners: new Map() };
  const end = (reason: string): void => {
    if (host === mine) host = undefined;
    const left = [...mine.listeners.values()];
    mine.listeners.clear();
    for (const listener of left) listener.failed(reason);
  };
  worker.on('message', (message: FromHost) => {
    const listener = mine.listeners.get(message.board);
    if (message.type === 'bytes') listener?.bytes(message.line, message.bytes);
    else {
      mine.listeners.delete(message.board);
      listener?.failed(message.reason);
    }
  });
  worker.on('error', (error) => end(error.message));
  worker.on('exit', () => end('The thread of the virtual boards has ended.'));
  // Else a script that forgot to close its board would never end. Last: listening makes it count again.
  worker.unref();
  return mine;
}

export interface Seat {
  readonly board: number;
  tell(message: ToHost): void;
  leave(): Promise<void>;
}

/** A place in the thread for one board. */
export function takeSeat(listener: HostListener): Seat {
  host ??= startHost();
  const mine = host;
  const board = ++boards;
  mine.listeners.set(board, listener);
  return {
    board,
    tell: (message) => mine.worker.postMessage(message),
    async leave() {
      if (!mine.listeners.delete(board)) return;
      mine.worker.postMessage({ type: 'stop', board } satisfies ToHost);
      if (mine.listeners.size > 0 || host !== mine) return;
      host = undefined;
      await mine.worker.terminate();
    },
  };
}
