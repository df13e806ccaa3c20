/** A module `serialport` whose ports lead to virtual boards, which tests plug in and pull out. */
import { EventEmitter } from 'node:events';
import type { Line } from '../../../lib/board/board';
import { type VirtualBoard, virtualBoard } from '../../../lib/board/virtual/virtual-board';

type Done = (error: Error | null) => void;

export interface FakeSerialport {
  /** Plugs a board in; it is another one for each id. */
  plug(path: string, id: string): void;
  pull(path: string): void;
  /** As if the module were broken. */
  break(): void;
  close(): Promise<void>;
}

/** In place of the real module until it is closed. */
export function fakeSerialport(): FakeSerialport {
  const boards = new Map<string, VirtualBoard>();
  const plugged = new Map<string, string>();
  const open = new Map<string, FakePort>();

  class FakePort extends EventEmitter {
    private line: Line | undefined;
    constructor(private readonly options: { path: string }) {
      super();
    }
    static async list(): Promise<object[]> {
      return [...plugged].map(([path, id]) => ({ path, manufacturer: 'Arduino', vendorId: '2341', serialNumber: id }));
    }
    open(done: Done): void {
      const { path } = this.options;
      const board = boards.get(plugged.get(path) ?? '');
      if (!board) {
        done(new Error(`Error: No such file or directory, cannot open ${path}`));
        return;
      }
      open.set(path, this);
      board
        .openLine(
          { bytes: (chunk) => this.emit('data', Buffer.from(chunk)), closed: () => this.emit('close') },
          undefined,
        )
        .then((line) => {
          this.line = line;
          done(null);
        }, done);
    }
    write(bytes: Uint8Array): void {
      this.line?.write(bytes);
    }
    set(_flags: object, done: Done): void {
      done(null);
    }
    close(done: Done): void {
      open.delete(this.options.path);
      this.line?.close().then(() => done(null), done);
    }
    lose(): void {
      this.line?.close().then(() => this.emit('close'));
    }
  }

  const place = require.resolve('serialport');
  const real = require.cache[place];
  const replace = (exports: object): void => {
    require.cache[place] = { exports, loaded: true, id: place, filename: place } as NodeJS.Module;
  };
  replace({ SerialPort: FakePort });
  return {
    plug(path, id) {
      if (!boards.has(id)) boards.set(id, virtualBoard({ id }));
      plugged.set(path, id);
    },
    pull(path) {
      plugged.delete(path);
      open.get(path)?.lose();
      open.delete(path);
    },
    break: () => replace({}),
    async close() {
      if (real) require.cache[place] = real;
      else delete require.cache[place];
      await Promise.all([...boards.values()].map((board) => board.close()));
    },
  };
}
