/**
 * A board as the rest of the library sees it: found, and found again by itself; its model, rows and jobs are brought to
 * where they should be whatever happens to the line meanwhile. docs/board-protocol.md is what crosses the line.
 */
import type { SampleBank } from '../data/sample-bank';
import type { Layout } from '../model/layout';
import type { ModelSpec } from '../model/spec';
import type { Normalisation, TrainingOptions } from '../training/engine';
import type { CodecStep } from '../update/message';

/** One connection to a board: bytes both ways, in order, perhaps damaged or lost. */
export interface Line {
  /** Never throws; what cannot be sent is lost. */
  write(bytes: Uint8Array): void;
  /** Bytes a second that the line carries, when that is known: 11,520 at 115,200 baud. */
  readonly bytesPerSecond?: number;
  /** It was opened because the board that is wanted may be there. */
  readonly guess?: boolean;
  /** Told before close() when another board is there: the next opening tries elsewhere. */
  mistaken?(): void;
  close(): Promise<void>;
}

export interface LineEvents {
  bytes(chunk: Uint8Array): void;
  /** At most once. Not after close(). */
  closed(reason: string): void;
}

/** Opens a new connection; rejects with a RefusedError. `wanted`: the id of the board that is looked for, once it is known. */
export type OpenLine = (events: LineEvents, wanted: string | undefined) => Promise<Line>;

/** What WELCOME says. */
export interface BoardIdentity {
  /** 32 hexadecimal digits, for ever the same for one board. */
  id: string;
  name: string;
  firmware: string;
  protocol: number;
  /** Another one after each start of the board. */
  boot: number;
  reset: 'unknown' | 'power' | 'pin' | 'watchdog' | 'asked';
  arenaBytes: number;
  maxLayers: number;
  maxPayload: number;
  slots: number;
  ringBytes: number;
  engines: ('core' | 'tflm')[];
  sensors: SensorName[];
}

export type SensorName = 'host' | 'motion' | 'microphone' | 'climate' | 'light';
export type FeatureName =
  | 'raw'
  | 'mean'
  | 'deviation'
  | 'minimum'
  | 'maximum'
  | 'rms'
  | 'magnitude'
  | 'crossings'
  | 'roughness'
  | 'range';

/** What the board is to learn; the same again changes nothing. */
export interface BoardModel {
  spec: ModelSpec;
  layout: Layout;
  fingerprint: string;
  /** Of the rounds to come: batch size and optimiser decide how much memory the training takes. */
  training: Pick<TrainingOptions, 'batchSize' | 'optimizer' | 'fullBatch'>;
  /** Vectors that these trainings take beside the weights; each needs room. */
  vectors?: { control?: boolean; anchor?: boolean };
  /** A frozen int8 network in front of the model (.tflite). */
  backbone?: Uint8Array;
  /** Room for rows; absent: the capacity of the bank, else as many as fit beside the model. */
  rows?: number;
}

/** Readings become windows, windows become features, features are predicted and, with a label, kept as rows. */
export interface Sensing {
  sensor: SensorName;
  /** 'host' only: channels of a reading, 1 to 16. */
  channels?: number;
  /** Readings a second. */
  rate: number;
  /** Readings of a window, and from one window to the next. */
  window: number;
  hop: number;
  features: FeatureName[];
  /** Predict each window (needs committed weights). */
  predict: boolean;
  /** Keep windows that have a label as rows. */
  keep: boolean;
}

export interface Fit {
  /** What model, backbone and `rows` rows take of the board's arena. */
  neededBytes: number;
  arenaBytes: number;
  /** Rows that fit beside the model. */
  mostRows: number;
  fits: boolean;
}

export interface BoardJob {
  /** 16 hexadecimal digits: the same job is not done twice. */
  key: string;
  options: TrainingOptions;
  /** 0: float32. */
  bits: 0 | 8;
  /** As in TrainJob; the model was loaded with room for them. */
  control?: Float32Array;
  anchor?: Float32Array;
  trainable?: readonly boolean[];
}

/** What the weights in use are worth on the rows of the board, by the loss that `options` train with. */
export interface StartJob extends Pick<BoardJob, 'key' | 'options'> {
  gradient: boolean;
}

export interface BoardStart {
  samples: number;
  /** Mean loss, without any added term. */
  loss: number;
  /** Its mean gradient, when it was asked for. */
  gradient?: Float32Array;
}

export interface JobWatch {
  signal: AbortSignal;
  onProgress(fraction: number): void;
}

export interface BoardUpdate {
  /** As the board made it: local - global, float32 or the payload of `codecs`. */
  payload: Buffer;
  codecs: CodecStep[];
  samples: number;
  steps: number;
  loss: number;
  firstLoss: number;
  durationMs: number;
}

export type BoardState =
  /** No line: it is opened again and again. */
  | { state: 'absent'; reason: string }
  /** A line is open, and what is behind it has not greeted. */
  | { state: 'greeting' }
  | { state: 'ready'; identity: BoardIdentity }
  /** Something is there that cannot be used: another board, another device, an older protocol. Looked at again later. */
  | { state: 'refused'; code: string; reason: string };

export type BoardEvent =
  | { event: 'window'; number: number; kept?: number; outputs?: Float32Array }
  | { event: 'button'; pressed: boolean; number: number }
  | { event: 'log'; level: 'info' | 'warning' | 'error'; text: string }
  /** The board has started anew: what it held in its memory is being given back. */
  | { event: 'reset'; reason: BoardIdentity['reset'] }
  | { event: 'rows'; held: number; capacity: number }
  /** What the model will take: told before anything of it is sent, also when it does not fit. */
  | ({ event: 'fit' } & Fit);

export interface LineFigures {
  /** Bytes written and read, frames and messages. */
  bytesOut: number;
  bytesIn: number;
  /** Frames sent again by the host. */
  framesAgain: number;
  /** Frames that came damaged. */
  framesDamaged: number;
  /** Sessions begun. */
  sessions: number;
  /** Milliseconds, smoothed; undefined before the first was measured. */
  roundTripMs?: number;
  /** Payload bytes a frame at present. */
  frameBytes: number;
}

export interface BoardParts {
  openLine: OpenLine;
  /** Only this board, by id; absent: whichever is there (the first one that greeted is kept to). */
  id?: string;
  /**
   * The rows that the board is to hold (eviction "oldest"), kept by the host too, so that a board that was reset gets
   * them back and trains to the same bits. Absent: the board's own sensors fill its rows.
   */
  bank?: SampleBank;
  /** What it senses; only without a bank. */
  sensing?: Sensing;
  onState?(state: BoardState): void;
  onEvent?(event: BoardEvent): void;
}

/**
 * All that waits for the board goes on through lost lines and resets, and ends with the signal, with close(), or with a
 * RefusedError when the board refuses.
 */
export interface Board {
  readonly state: BoardState;
  readonly figures: LineFigures;
  /** Rows on the board at last word. */
  readonly rows: { held: number; capacity: number };
  /** Loads the model when another one is there. Rejects with RefusedError 'board-memory' ("needs 141 kB of 128 kB ...") when it does not fit. */
  use(model: BoardModel, signal?: AbortSignal): Promise<Fit>;
  /** Weights in use from now on, with the normalisation of the features. */
  commit(weights: Float32Array, normalisation: Normalisation | undefined, signal?: AbortSignal): Promise<void>;
  /** The bank has changed: the rows that the board lacks are brought to it. Resolves when it has them. */
  bankChanged(signal?: AbortSignal): Promise<void>;
  /** [count, sums, sums of squares] of the rows on the board, see lib/data/normalisation.ts. */
  statistics(signal?: AbortSignal): Promise<Float64Array>;
  train(job: BoardJob, watch: JobWatch): Promise<BoardUpdate>;
  measure(job: StartJob, watch: JobWatch): Promise<BoardStart>;
  /** One row of features (of the backbone's input when there is one) to the outputs. */
  predict(features: Float32Array, signal?: AbortSignal): Promise<Float32Array>;
  /** Loss and hits of the weights in use over the rows on the board. */
  evaluate(signal?: AbortSignal): Promise<{ rows: number; loss: number; hits: number }>;
  /** Readings for sensor "host": whole readings, channel by channel. Lost when there is no line. */
  readings(values: Float32Array): void;
  /** 'next': windows from now on have this class (undefined: none); 'last': the last window had it. */
  label(which: 'next' | 'last', classIndex: number | undefined): Promise<void>;
  clearRows(): Promise<void>;
  /** Into the flash, so that it predicts after a reset without a host. */
  save(): Promise<void>;
  forget(): Promise<void>;
  restart(): Promise<void>;
  close(): Promise<void>;
}
