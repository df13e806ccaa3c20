export type { Feedback } from './feedback';
export { createFirstLosses, type FirstLosses } from './first-losses';
export { forgetFilter } from './forget';
export { createResiduals, type Residuals } from './residuals';
