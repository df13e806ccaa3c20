export { createKernels } from './create-kernels';
export type { Fold, Kernels } from './kernels';
export { planBytes } from './plan-size';
