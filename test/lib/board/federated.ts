/** A board of the device core at the end of a line in virtual time, a bank of rows, and what the gateway makes of the same. */
import type { BoardEvent, BoardJob, BoardModel } from '../../../lib/board/board';
import { createBoard } from '../../../lib/board/create-board';
import { createKernels } from '../../../lib/core';
import { type SampleBank, sampleBank } from '../../../lib/data';
import { tensorSizes } from '../../../lib/federation/federated-model';
import { fingerprint, layoutOf, type ModelSpec } from '../../../lib/model';
import { inputSize, targetWidth } from '../../../lib/model/shapes';
import { generator } from '../../../lib/random/generator';
import { createCoreEngine } from '../../../lib/training/core/engine';
import type { Normalisation, TrainingOptions, TrainJob } from '../../../lib/training/engine';
import { quantizeWith } from '../../../lib/update/codecs/quantize';
import { type ManualClock, manualClock } from '../federation/manual-clock';
import type { LineOptions } from './faulty-line';
import { type PluggedLine, pluggedLine } from './plugged';
import { type WasmEnd, wasmEnd } from './wasm-end';

export interface Bench {
  clock: ManualClock;
  board: ReturnType<typeof createBoard>;
  end: WasmEnd;
  plugged: PluggedLine;
  bank: SampleBank;
  model: BoardModel;
  events: BoardEvent[];
  /** Rows by lot into the bank. */
  add(count: number): void;
  close(): Promise<void>;
}

export const RATE = 11520;

export function bench(
  spec: ModelSpec,
  training: BoardModel['training'],
  capacity: number,
  line: Omit<LineOptions, 'clock' | 'seed'> = {},
  seed = 1,
  arenaBytes = 128 * 1024,
): Bench {
  const clock = manualClock();
  const random = generator(seed, 'rows');
  const [width, targets] = [inputSize(spec), targetWidth(spec)];
  const bank = sampleBank({ width, targetWidth: targets, capacity, eviction: 'oldest' });
  const events: BoardEvent[] = [];
  const options = { clock, seed, bytesPerSecond: RATE, delayMs: 1, ...line };
  const plugged = pluggedLine(options, (bytes) => end.receive(bytes));
  const end = wasmEnd({ clock, write: plugged.fromBoard, freeAt: () => plugged.line.toHost.freeAt, arenaBytes });
  let sessions = 1000 * seed;
  const board = createBoard({
    openLine: plugged.openLine,
    bank,
    clock,
    newSession: () => ++sessions,
    onEvent: (event) => events.push(event),
  });
  return {
    clock,
    board,
    end,
    plugged,
    bank,
    model: { spec, layout: layoutOf(spec), fingerprint: fingerprint(spec), training },
    events,
    add(count) {
      const classes = spec.labels?.length;
      bank.add({
        features: Float32Array.from({ length: count * width }, () => random.normal()),
        targets: Float32Array.from({ length: count * targets }, () =>
          classes ? random.below(classes) : random.normal(),
        ),
        count,
      });
    },
    async close() {
      await board.close();
      end.stop();
    },
  };
}

const engine = createCoreEngine();
const quantize = quantizeWith(createKernels());

/** The update that the gateway makes of the rows in the bank. */
export async function gatewayUpdate(
  { bank, model }: Bench,
  weights: Float32Array,
  options: TrainingOptions,
  bits: BoardJob['bits'],
  normalisation?: Normalisation,
  terms: Pick<TrainJob, 'control' | 'anchor'> = {},
): Promise<Buffer> {
  const { weights: local } = await engine.train({
    spec: model.spec,
    weights,
    samples: bank.block(),
    options,
    normalisation,
    ...terms,
  });
  const change = local.map((value, i) => value - weights[i]);
  if (bits === 0) return Buffer.from(change.buffer);
  const how = { bits: 8, grid: 'symmetric', per: 'tensor', rounding: 'nearest' } as const;
  return quantize.encode(change, tensorSizes(model.layout), how).payload;
}

export const jobKey = (round: number): string => round.toString(16).padStart(16, '0');
