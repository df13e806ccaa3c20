export type { Feedback } from './feedback';
export { createResiduals, type Residuals } from './residuals';
