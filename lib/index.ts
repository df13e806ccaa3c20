/** Federated learning without Node-RED: each room adds what a script may use. */

export * from './attack/index';
export * from './board/index';
export { createKernels, type Int8Network, type Int8Quantisation, openInt8 } from './core/index';
export * from './data/index';
export * from './distillation/index';
export * from './export/index';
export * from './federation/index';
export * from './metrics/index';
export * from './model/index';
export * from './privacy/index';
export * from './prune/index';
export { generator } from './random/generator';
export { RefusedError } from './refused';
export * from './residual/index';
export * from './robust/index';
export * from './robustness/index';
export * from './state/index';
export * from './training/index';
export * from './update/index';
