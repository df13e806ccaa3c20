/** Hosts the virtual boards of this process, in a thread: each gets its turn, so that none waits for another's training. */
import { randomInt } from 'node:crypto';
import { parentPort } from 'node:worker_threads';
import { createHostedBoard, type HostedBoard } from './hosted-board';
import type { FromHost, ToHost } from './messages';
import { createWasmBoards } from './wasm-board';

/** So long messages may wait while boards work. */
const SLICE_MS = 5;
const TALKING_MS = 2;
const IDLE_MS = 20;

const newBoot = (): number => randomInt(1, 0x1_0000_0000);

const port = parentPort;
if (port) {
  const boards = new Map<number, HostedBoard>();
  const start = createWasmBoards();
  const say = (message: FromHost): void => port.postMessage(message);
  let scheduled: NodeJS.Immediate | NodeJS.Timeout | undefined;
  let soon = false;

  const fail = (board: number, error: unknown): void => {
    boards.delete(board);
    say({ type: 'failed', board, reason: error instanceof Error ? error.message : String(error) });
  };
  const round = (): { work: boolean; talks: boolean } => {
    let work = false;
    let talks = false;
    for (const [number, board] of boards) {
      try {
        const turn = board.turn(performance.now());
        work ||= turn.work;
        talks ||= turn.talks && board.plugged;
      } catch (error) {
        fail(number, error);
      }
    }
    return { work, talks };
  };
  const turn = (): void => {
    scheduled = undefined;
    soon = false;
    const end = performance.now() + SLICE_MS;
    let last = round();
    while (last.work && performance.now() < end) last = round();
    if (last.work) now();
    else if ([...boards.values()].some(({ plugged }) => plugged)) {
      scheduled = setTimeout(turn, last.talks ? TALKING_MS : IDLE_MS);
    }
  };
  const now = (): void => {
    if (soon) return;
    if (scheduled) clearTimeout(scheduled as NodeJS.Timeout);
    soon = true;
    scheduled = setImmediate(turn);
  };
  const hear = (message: ToHost): void => {
    if (message.type === 'start') {
      const send = (line: number, bytes: Uint8Array): void => say({ type: 'bytes', board: message.board, line, bytes });
      boards.set(message.board, createHostedBoard({ ...message, start, send, newBoot }));
      return;
    }
    const board = boards.get(message.board);
    if (!board) return;
    if (message.type === 'plug') board.plug(message.line);
    else if (message.type === 'unplug') board.unplug(message.line);
    else if (message.type === 'bytes') board.write(message.line, message.bytes);
    else if (message.type === 'reset') board.reset(message.boot);
    else {
      board.free();
      boards.delete(message.board);
    }
  };
  port.on('message', (message: ToHost) => {
    try {
      hear(message);
    } catch (error) {
      fail(message.board, error);
    }
    now();
  });
}
