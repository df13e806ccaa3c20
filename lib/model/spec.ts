/**
 * What a model is: its task, its input, its layers. A plain JSON value that every participant of a federation shares;
 * the fingerprint (fingerprint.ts) of its canonical form is what messages carry.
 */
/** leaky_relu: y = 0.3 x below zero, the slope of the LeakyReLU layer of Keras and tfjs. */
export const LEAKY_SLOPE = 0.3;

export type Activation = 'linear' | 'relu' | 'leaky_relu' | 'tanh' | 'sigmoid' | 'softmax';
export type Padding = 'valid' | 'same';
export type Initializer = 'glorot_uniform' | 'he_normal' | 'he_uniform' | 'lecun_normal' | 'zeros';

/** Works on the last axis. */
export interface DenseLayer {
  type: 'dense';
  units: number;
  activation: Activation;
  useBias?: boolean;
  initializer?: Initializer;
}
/** Input [steps, channels]. */
export interface Conv1dLayer {
  type: 'conv1d';
  filters: number;
  kernelSize: number;
  strides?: number;
  padding?: Padding;
  activation: Activation;
  useBias?: boolean;
  initializer?: Initializer;
}
/** Input [height, width, channels]. */
export interface Conv2dLayer {
  type: 'conv2d';
  filters: number;
  kernelSize: [number, number];
  strides?: [number, number];
  padding?: Padding;
  activation: Activation;
  useBias?: boolean;
  initializer?: Initializer;
}
export interface DepthwiseConv2dLayer {
  type: 'depthwise_conv2d';
  kernelSize: [number, number];
  depthMultiplier?: number;
  strides?: [number, number];
  padding?: Padding;
  activation: Activation;
  useBias?: boolean;
  initializer?: Initializer;
}
export interface Pool1dLayer {
  type: 'max_pool1d' | 'average_pool1d';
  poolSize: number;
  strides?: number;
  padding?: Padding;
}
export interface Pool2dLayer {
  type: 'max_pool2d' | 'average_pool2d';
  poolSize: [number, number];
  strides?: [number, number];
  padding?: Padding;
}
export interface FlattenLayer {
  type: 'flatten';
}
/** A Keras layer that the core does not have (for example an LSTM): the tfjs engine runs it. foreign/ lists those known. */
export interface ForeignLayer {
  type: 'foreign';
  className: string;
  config: Record<string, unknown>;
}
export type LayerSpec =
  | DenseLayer
  | Conv1dLayer
  | Conv2dLayer
  | DepthwiseConv2dLayer
  | Pool1dLayer
  | Pool2dLayer
  | FlattenLayer
  | ForeignLayer;

/** classify: one class of labels; multi-label: any of them at once; regress: numbers; anomaly: an autoencoder, whose target is its own input. */
export type Task = 'classify' | 'multi-label' | 'regress' | 'anomaly';
export type Loss = 'softmax_cross_entropy' | 'sigmoid_cross_entropy' | 'mean_squared_error' | 'huber';

/** A frozen network in front of the layers (federated transfer learning): a file that every participant must have. */
export interface BackboneSpec {
  /** Of the .tflite file, in hexadecimal. */
  sha256: string;
  /** Numbers of a sample as it comes, and of what the layers get. */
  inputs: number;
  outputs: number;
}

/**
 * What clients with unlike networks have in common: their predictions on rows that all of them have (FedMD, arXiv 1910.03581).
 * The vector of such a specification is rows x labels, logits up to a shift of each row; it is no network.
 */
export interface ConsensusSpec {
  /** Of the public rows: lib/distillation/public-rows.ts. */
  digest: string;
}

export interface ModelSpec {
  version: 1;
  task: Task;
  /** It turns samples into the input of the layers, and does not learn. */
  backbone?: BackboneSpec;
  /** There: the vector holds predictions on public rows, and nothing can be predicted with it. */
  consensus?: ConsensusSpec;
  /** Input shape without the batch: [features], [steps, channels] or [height, width, channels]. Of the layers, where there is a backbone. */
  input: number[];
  layers: LayerSpec[];
  loss: Loss;
  /** classify, multi-label: the names, in the order of the outputs. classify: one output and two labels means a sigmoid output. */
  labels?: string[];
  /** Names of the numbers of a sample (sampleSize), when samples arrive as objects. */
  features?: string[];
  /** Seed of the initial weights: the same specification gives the same first model everywhere. */
  seed: number;
}
