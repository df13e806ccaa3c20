/** What crosses between this process and the thread that hosts the virtual boards. `board` and `line` are numbers given by the process. */

export type ToHost =
  | { type: 'start'; board: number; id: string; arenaBytes: number; boot: number; bytesPerSecond?: number }
  | { type: 'plug' | 'unplug'; board: number; line: number }
  | { type: 'bytes'; board: number; line: number; bytes: Uint8Array }
  | { type: 'reset'; board: number; boot: number }
  | { type: 'stop'; board: number };

export type FromHost =
  | { type: 'bytes'; board: number; line: number; bytes: Uint8Array }
  /** It failed, or could not start: the line is dead. */
  | { type: 'failed'; board: number; reason: string };
