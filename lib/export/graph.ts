/** A network as TensorFlow Lite has it: a chain of operators between tensors, before it is bytes. */
import type { OperatorName, TensorType } from './schema';

/** number = scale * (code - zeroPoint); several scales: one for each index of the axis. */
export interface Quantisation {
  scale: readonly number[];
  zeroPoint: readonly number[];
  axis: number;
}

export interface GraphTensor {
  name: string;
  type: TensorType;
  shape: readonly number[];
  /** Absent: made while the network runs. */
  data?: Float32Array | Int8Array | Int32Array;
  quantisation?: Quantisation;
}

export interface Window {
  padding: 'same' | 'valid';
  /** Down, right. */
  strides: readonly [number, number];
}

export type OperatorOptions =
  | ({ kind: 'conv2d'; relu: boolean } & Window)
  | ({ kind: 'depthwise'; relu: boolean; multiplier: number } & Window)
  | ({ kind: 'pool2d'; size: readonly [number, number] } & Window)
  | { kind: 'fullyConnected'; relu: boolean }
  | { kind: 'softmax' }
  | { kind: 'reshape'; shape: readonly number[] }
  | { kind: 'leakyRelu'; slope: number }
  | { kind: 'none' };

export interface GraphOperator {
  name: OperatorName;
  /** Numbers of tensors. */
  inputs: readonly number[];
  output: number;
  options: OperatorOptions;
}

export interface Graph {
  name: string;
  description: string;
  tensors: readonly GraphTensor[];
  operators: readonly GraphOperator[];
  input: number;
  output: number;
}

export const elements = (shape: readonly number[]): number => shape.reduce((all, one) => all * one, 1);
