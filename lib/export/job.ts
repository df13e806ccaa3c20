/** What an export is asked for, and what it gives. Plain data, so that both cross to a worker and back. */
import type { BackboneSpec, ModelSpec } from '../model/spec';
import type { Normalisation, SampleBlock } from '../training/engine';
import type { Comparison } from './measure';
import type { RangeMethod } from './ranges';

export type ExportFormat = 'tflite-float32' | 'tflite-int8' | 'c-header' | 'tfjs';
export const exportFormats: readonly ExportFormat[] = ['tflite-float32', 'tflite-int8', 'c-header', 'tfjs'];

export interface ExportJob {
  /** Files are called after it; anything in it that is no letter or digit is replaced. */
  name: string;
  spec: ModelSpec;
  weights: Float32Array;
  normalisation?: Normalisation;
  formats: readonly ExportFormat[];
  /** Leave out dead units: the files hold a smaller network that computes the same. Default false. */
  shrink?: boolean;
  rangeMethod: RangeMethod;
  /** Ranges are taken from these; int8 needs them. Features as they are measured; no targets are needed. */
  calibration?: SampleBlock;
  /** What is compared; absent: the calibration samples. Targets may be NaN where they are not known. */
  check?: SampleBlock;
  /** Lines for the description of the files, such as the federation and its round. */
  about: readonly string[];
}

export interface ExportedFile {
  format: ExportFormat;
  name: string;
  bytes: Uint8Array;
}

/**
 * raw: the file takes features as they are measured. normalised: (x - mean) / std must be put in, and what comes out is
 * in the same units for an autoencoder.
 */
export type TakesFeatures = 'raw' | 'normalised';

export interface FileReport {
  format: ExportFormat;
  name: string;
  bytes: number;
  features?: TakesFeatures;
  /** In the order in which they first come, with how often. */
  operators?: { name: string; count: number }[];
  /** Lines for a MicroMutableOpResolver. */
  resolver?: string[];
  /** Bytes that TensorFlow Lite Micro needs beside the file: an estimate (docs/export.md). */
  arenaBytes?: number;
  input?: { scale: number; zeroPoint: number };
  output?: { scale: number; zeroPoint: number };
}

/** What the files do not have of a pruned network. */
export interface LeftOut {
  units: number;
  parameters: number;
  multiplyAdds: number;
  /** Of each file, in the order of the report. */
  bytes: number[];
}

export interface ExportReport {
  /** Of the network in the files. */
  parameters: number;
  multiplyAdds: number;
  files: FileReport[];
  /** Absent: nothing. */
  leftOut?: LeftOut;
  rangeMethod?: RangeMethod;
  calibrationSamples?: number;
  /** Whether the ranges were taken from the very samples that are compared. */
  sameSamples?: boolean;
  comparison?: Comparison;
  normalisation?: Normalisation;
  /** The files hold the layers behind it: what it gives is what they take. */
  backbone?: BackboneSpec;
}

export interface ExportResult {
  files: ExportedFile[];
  report: ExportReport;
}
