export type { PruneOptions } from './mask';
export { createPruner, forgetMasks, type Pruner, type PrunerParts } from './pruner';
export { type PruneSchedule, sparsityAt } from './schedule';
