export { createKernels } from './create-kernels';
export { type Int8Network, type Int8Quantisation, openInt8 } from './int8';
export type { Fold, Kernels } from './kernels';
export { planBytes } from './plan-size';
