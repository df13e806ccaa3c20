/**
 * A board in a few lines behind a paper board: holds what it is given and "trains" by a sum over weights and rows, so that
 * each row, place and weight shows in the update. It answers as the protocol says, unless the test makes it lie.
 */
import { createHash } from 'node:crypto';
import type { Clock } from '../../../lib/federation/clock';
import { type PaperBoard, paperBoard, type Welcome } from './paper-board';

export interface ToyOptions {
  clock: Clock;
  write(bytes: Uint8Array): void;
  welcome?: Partial<Welcome>;
  bytesPerSecond?: number;
  /** Time that a training takes. */
  trainMs?: number;
  /** Parameters, and numbers of a row with its targets. */
  parameters: number;
  numbers: number;
  /** May change a message before it is sent. */
  tamper?(message: Buffer): Buffer | undefined;
}

export interface ToyDevice {
  receive(bytes: Uint8Array): void;
  /** Everything but the id is gone. */
  reset(): void;
  /** Another board, with this id, takes its place. */
  become(id: string): void;
  /** Trainings begun, and updates told as done. */
  readonly begun: number;
  readonly done: number;
  /** Rows taken in all resets together. */
  readonly rowsTaken: number;
}

const sha = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();
const words = (...values: number[]): Buffer => Buffer.from(Uint32Array.from(values).buffer);

interface Memory {
  model: string;
  capacity: number;
  weights: Buffer;
  weightsKey: Buffer;
  staged: { kind: number; bytes: Buffer; got: number; hash: Buffer } | undefined;
  rows: Map<number, number[]>;
  first: number;
  taken: number;
  coming: number[];
  job: { key: Buffer; state: number; steps: number; update: Buffer; rows: number } | undefined;
}

const empty = (): Memory => ({
  model: '0'.repeat(16),
  capacity: 0,
  weights: Buffer.alloc(0),
  weightsKey: Buffer.alloc(8),
  staged: undefined,
  rows: new Map(),
  first: 0,
  taken: 0,
  coming: [],
  job: undefined,
});

/** The update that a board with these weights and rows (in the order of their places) gives. */
export function toyUpdate(weights: Float32Array, rows: readonly (readonly number[])[]): Float32Array {
  return weights.map((weight, i) => rows.reduce((sum, row, place) => sum + row[i % row.length] * (place + 1), weight));
}

export function toyDevice(options: ToyOptions): ToyDevice {
  const { clock, trainMs = 200, parameters, numbers } = options;
  let memory = empty();
  let boot = 1;
  const count = { begun: 0, done: 0, rows: 0 };
  let reading = (): Buffer | undefined => undefined;

  const send = (message: Buffer): void => {
    const told = options.tamper ? options.tamper(message) : message;
    if (told) paper.send(told);
  };
  const held = (): number => Math.min(memory.taken - memory.first, memory.capacity);
  const inPlaces = (): number[][] => [...memory.rows].sort((a, b) => a[0] - b[0]).map(([, row]) => row);
  const jobBody = (): Buffer => {
    const { key, state, rows, steps, update } = memory.job as NonNullable<Memory['job']>;
    const losses = Buffer.from(Float64Array.of(0.5, 1).buffer);
    return Buffer.concat([
      key,
      Buffer.of(state, 0),
      words(rows, steps),
      losses,
      words(trainMs, update.length),
      sha(update),
    ]);
  };
  const finish = (job: Memory['job']): void => {
    if (!job || memory.job !== job || job.state !== 1) return;
    const weights = new Float32Array(parameters).map((_, i) => memory.weights.readFloatLE(4 * i));
    const update = toyUpdate(weights, inPlaces());
    job.update = Buffer.from(update.buffer);
    job.state = 2;
    count.done += 1;
    send(Buffer.concat([Buffer.of(0xc1, 0), jobBody()]));
  };
  const status = (): Buffer => {
    const { job, staged } = memory;
    const state = job?.state === 1 ? 3 : memory.weights.length > 0 ? 2 : memory.capacity > 0 ? 1 : 0;
    const stagedPart = staged
      ? [Buffer.of(staged.kind), staged.hash.subarray(0, 8), words(staged.got)]
      : [Buffer.alloc(13)];
    return Buffer.concat([
      Buffer.of(state),
      Buffer.from(memory.model, 'hex'),
      memory.weightsKey,
      job?.key ?? Buffer.alloc(8),
      Buffer.of(job?.state ?? 0),
      words(0, job?.steps ?? 0, held(), memory.taken),
      Buffer.of(memory.coming.length & 255, memory.coming.length >>> 8),
      words(memory.capacity),
      Buffer.alloc(8),
      ...stagedPart,
      words(0, 0, 0),
    ]);
  };
  const takeRows = (body: Buffer): number => {
    if (memory.job?.state === 1) return 8;
    let [row, number] = [body.readUInt32LE(0), body.readUInt16LE(4)];
    for (let at = 6; at < body.length; at += 4) {
      if (row !== memory.taken || number !== memory.coming.length) return 9;
      memory.coming.push(body.readFloatLE(at));
      if (++number < numbers) continue;
      memory.rows.set(row % memory.capacity, memory.coming);
      memory.coming = [];
      memory.taken = ++row;
      number = 0;
      count.rows += 1;
    }
    return 0;
  };
  const commit = (): number => {
    const { staged } = memory;
    if (!staged) return 15;
    memory.staged = undefined;
    if (!sha(staged.bytes).equals(staged.hash)) return 10;
    memory.weights = staged.bytes;
    memory.weightsKey = staged.hash.subarray(0, 8);
    return 0;
  };
  /** The answer behind its status, or a status. */
  const answer = (code: number, body: Buffer): Buffer | number | undefined => {
    const hash = body.subarray(-32);
    switch (code) {
      case 0x01:
        return status();
      case 0x02: {
        const key = body.toString('hex', 0, 8);
        if (memory.model !== key) memory = { ...empty(), model: key, capacity: body.readUInt32LE(9) || 50 };
        return words(1000, 131072, memory.capacity);
      }
      case 0x10:
        if (!memory.staged?.hash.equals(hash)) {
          memory.staged = { kind: body[0], bytes: Buffer.alloc(body.readUInt32LE(2)), got: 0, hash: Buffer.from(hash) };
        }
        return words(memory.staged.got);
      case 0x11:
        if (!memory.staged || body.readUInt32LE(0) !== memory.staged.got) return 9;
        memory.staged.bytes.set(body.subarray(4), memory.staged.got);
        memory.staged.got += body.length - 4;
        return undefined;
      case 0x12:
        return commit() || Buffer.alloc(0);
      case 0x20:
        return takeRows(body) || undefined;
      case 0x21:
        memory.rows.clear();
        memory.first = memory.taken = body.readUInt32LE(0);
        memory.coming = [];
        return Buffer.alloc(0);
      case 0x30: {
        const key = Buffer.from(body.subarray(0, 8));
        if (memory.weights.length === 0) return 4;
        const [epochs, batch] = [body.readUInt32LE(12), body.readUInt32LE(16)];
        const job = { key, state: 1, steps: epochs * Math.ceil(held() / batch), update: Buffer.alloc(0), rows: held() };
        memory.job = job;
        count.begun += 1;
        clock.after(trainMs, () => finish(job));
        return words(job.steps);
      }
      case 0x31:
        if (memory.job?.state === 1) memory.job.state = 3;
        return Buffer.alloc(0);
      case 0x32:
        return memory.job?.state === 2 && memory.job.key.equals(body) ? jobBody() : 16;
      default:
        return 1;
    }
  };
  const read = (tag: number, body: Buffer): void => {
    let at = body.readUInt32LE(9);
    const end = at + body.readUInt32LE(13);
    const block = body.readUInt16LE(17);
    const { job } = memory;
    reading = () => {
      if (at >= end || !job || memory.job !== job) return undefined;
      const part = job.update.subarray(at, Math.min(at + block, end));
      at += part.length;
      return Buffer.concat([Buffer.of(0x93, tag, 0), words(at - part.length), part]);
    };
  };
  const paper: PaperBoard = paperBoard({
    ...options,
    welcome: { boot, ...options.welcome },
    more() {
      const block = reading();
      return block && options.tamper ? options.tamper(block) : block;
    },
    onMessage(bytes) {
      const message = Buffer.from(bytes);
      const [code, tag] = message;
      const body = message.subarray(2);
      if (code === 0x13) return read(tag, body);
      const said = answer(code, body);
      if (said === undefined) return;
      const rest = typeof said === 'number' ? [Buffer.of(said), words(0)] : [Buffer.of(0), said];
      send(Buffer.concat([Buffer.of(code | 0x80, tag), ...rest]));
    },
  });
  const reset = (id?: string): void => {
    memory = empty();
    reading = () => undefined;
    boot += 1;
    paper.reset(boot, id);
  };
  return {
    receive: paper.receive,
    reset: () => reset(),
    become: reset,
    get begun() {
      return count.begun;
    },
    get done() {
      return count.done;
    },
    get rowsTaken() {
      return count.rows;
    },
  };
}
