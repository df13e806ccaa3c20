export { createKernels } from './create-kernels';
export type { Fold, Kernels } from './kernels';
