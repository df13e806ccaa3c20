export type { PruneOptions } from './mask';
export { createPruner, type Pruner, type PrunerParts } from './pruner';
export { type PruneSchedule, sparsityAt } from './schedule';
