/** One virtual board at the end of its cable: paced when a rate is given, working on when the cable is pulled. */
import type { BoardStart, WasmBoard } from './wasm-board';

export interface HostedBoard {
  plug(line: number): void;
  unplug(line: number): void;
  write(line: number, bytes: Uint8Array): void;
  reset(boot: number): void;
  /** One turn at this time, ms. `work`: it has more to do at once; `talks`: bytes crossed lately. */
  turn(now: number): { work: boolean; talks: boolean };
  readonly plugged: boolean;
  free(): void;
}

export interface HostedParts {
  start(start: BoardStart): WasmBoard;
  id: string;
  arenaBytes: number;
  boot: number;
  bytesPerSecond?: number;
  newBoot(): number;
  send(line: number, bytes: Uint8Array): void;
}

/** A line that was idle does not carry more at once than in this time. */
const BURST_MS = 10;
const LATELY_MS = 100;
const MOST = 2048;

/** Bytes that a line of a rate has carried since it was asked last. */
function meter(bytesPerSecond: number | undefined): (now: number) => { most: number; used(bytes: number): void } {
  if (!bytesPerSecond) return () => ({ most: Number.POSITIVE_INFINITY, used() {} });
  let free = 0;
  let last: number | undefined;
  return (now) => {
    const burst = Math.max(1, (bytesPerSecond * BURST_MS) / 1000);
    free = Math.min(burst, free + ((now - (last ?? now)) * bytesPerSecond) / 1000);
    last = now;
    return {
      most: Math.floor(free),
      used(bytes) {
        free -= bytes;
      },
    };
  };
}

export function createHostedBoard(parts: HostedParts): HostedBoard {
  const { id, arenaBytes, bytesPerSecond, start } = parts;
  let board = start({ id, arenaBytes, boot: parts.boot, reset: 'power' });
  let line: number | undefined;
  let coming: Uint8Array[] = [];
  let talkedAt = Number.NEGATIVE_INFINITY;
  const inwards = meter(bytesPerSecond);
  const outwards = meter(bytesPerSecond);

  const take = (now: number): void => {
    const carried = inwards(now);
    let left = carried.most;
    for (let first = coming[0]; first && left > 0; first = coming[0]) {
      const offered = first.subarray(0, left);
      const took = board.receive(offered);
      left -= took;
      carried.used(took);
      if (took > 0) talkedAt = now;
      if (took === first.length) coming.shift();
      else coming[0] = first.subarray(took);
      if (took < offered.length) return;
    }
  };
  /** True: the board may have had to wait for room. */
  const give = (now: number): boolean => {
    let given = false;
    const carried = outwards(now);
    for (let left = carried.most; left > 0; ) {
      const bytes = board.send(Math.min(left, MOST));
      if (bytes.length === 0) return given;
      given = true;
      left -= bytes.length;
      carried.used(bytes.length);
      talkedAt = now;
      // With the cable pulled what it says is lost.
      if (line !== undefined) parts.send(line, bytes);
    }
    return false;
  };
  /** What is in its memory is lost, what is in its flash stays. */
  const restart = (boot: number, reset: 'pin' | 'asked'): void => {
    const saved = board.saved();
    board.free();
    board = start({ id, arenaBytes, boot, reset, saved });
    coming = [];
  };
  return {
    plug(number) {
      line = number;
      coming = [];
    },
    unplug(number) {
      if (line !== number) return;
      line = undefined;
      coming = [];
    },
    write(number, bytes) {
      if (line === number) coming.push(bytes);
    },
    reset: (boot) => restart(boot, 'pin'),
    turn(now) {
      take(now);
      const busy = board.poll(now);
      const work = give(now) || busy;
      if (board.resetAsked()) restart(parts.newBoot(), 'asked');
      return { work, talks: coming.length > 0 || now - talkedAt < LATELY_MS };
    },
    get plugged() {
      return line !== undefined;
    },
    free: () => board.free(),
  };
}
