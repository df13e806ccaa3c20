/** Boards on a test bench: in QEMU behind a real serial port, or virtual, behind lines that can be made as bad as wanted. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Line, LineEvents, OpenLine } from '../../lib/board/board';
import { serialLine } from '../../lib/board/serial/serial-line';
import { systemClock } from '../../lib/federation/clock';
import { type Faults, type FaultyLine, faultyLine } from '../lib/board/faulty-line';
import { type Compiler, linkFolder, type QemuBoard, startQemu } from './qemu-board';

export interface BenchBoard {
  readonly id: string;
  openLine: OpenLine;
  /** The life that runs now. */
  readonly qemu: QemuBoard;
  /** Kills QEMU and starts it again, with another boot number and an empty flash. */
  restart(): Promise<void>;
}

/** For one test: a board that nobody needs any more still takes a twentieth of a processor. */
export interface Bench {
  board(compiler: Compiler): Promise<BenchBoard>;
  close(): Promise<void>;
}

export function createBench(): Bench {
  const { folder, remove } = linkFolder();
  const running = new Set<QemuBoard>();
  /** Lives that begin just now: they are waited for, so that none outlasts the bench. */
  const starting = new Set<Promise<QemuBoard>>();
  let isClosed = false;
  return {
    async board(compiler) {
      const id = randomBytes(16).toString('hex');
      const link = join(folder, id);
      const start = async (): Promise<QemuBoard> => {
        const starts = startQemu({ compiler, id, link });
        starting.add(starts);
        try {
          const started = await starts;
          running.add(started);
          return started;
        } finally {
          starting.delete(starts);
        }
      };
      let qemu = await start();
      return {
        id,
        get qemu() {
          return qemu;
        },
        openLine: serialLine({ path: link, name: id }),
        async restart() {
          running.delete(qemu);
          await qemu.kill();
          if (!isClosed) qemu = await start();
        },
      };
    },
    async close() {
      isClosed = true;
      await Promise.allSettled(starting);
      await Promise.all([...running].map((qemu) => qemu.kill()));
      remove();
    },
  };
}

export interface BadLine {
  openLine: OpenLine;
  /**
   * The cable is pulled when so many more bytes have crossed it, one after the other: the line is closed, what is under way is
   * gone. It can be opened again at once.
   */
  unplugAfter(bytes: number[]): void;
  readonly unplugs: number;
}

/** A line with faults in both directions, by lot but seeded. */
export function badLine(openLine: OpenLine, faults: Faults, seed: number): BadLine {
  let opened = 0;
  let unplugs = 0;
  let pull: (() => void) | undefined;
  const waiting: number[] = [];
  const crossed = (bytes: number): void => {
    if (waiting.length === 0) return;
    waiting[0] -= bytes;
    if (waiting[0] > 0) return;
    waiting.shift();
    pull?.();
    pull = undefined;
  };
  return {
    get unplugs() {
      return unplugs;
    },
    async openLine(events: LineEvents, wanted): Promise<Line> {
      let over = false;
      let bad: FaultyLine | undefined;
      const inner = await openLine(
        {
          bytes: (chunk) => {
            bad?.toHost.write(chunk);
            crossed(chunk.length);
          },
          closed: (reason) => {
            if (!over) events.closed(reason);
            over = true;
          },
        },
        wanted,
      );
      opened += 1;
      bad = faultyLine(
        { clock: systemClock, seed: seed + opened, toBoard: faults, toHost: faults },
        (bytes) => {
          if (!over) inner.write(bytes);
        },
        (bytes) => {
          if (!over) events.bytes(bytes);
        },
      );
      const line = bad;
      pull = () => {
        if (over) return;
        over = true;
        unplugs += 1;
        line.unplug();
        inner.close().then(
          () => events.closed('The cable was pulled.'),
          () => events.closed('The cable was pulled.'),
        );
      };
      return {
        write(bytes) {
          line.toBoard.write(bytes);
          crossed(bytes.length);
        },
        async close() {
          over = true;
          await inner.close();
        },
      };
    },
    unplugAfter(bytes) {
      waiting.push(...bytes);
    },
  };
}
