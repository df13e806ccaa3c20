/** Which strategy, and its parameters by their names in the paper. What is absent has the strategy's default. */
export type StrategyOptions =
  | { name: 'fedsgd' }
  | { name: 'fedavg' }
  | { name: 'fedprox'; mu?: number }
  | { name: 'scaffold'; option?: 1 | 2; serverLearningRate?: number }
  | { name: 'fednova' }
  | { name: 'feddyn'; alpha?: number }
  | { name: 'fedavgm'; beta?: number; serverLearningRate?: number }
  | { name: 'fedadagrad'; beta1?: number; tau?: number; serverLearningRate?: number }
  | { name: 'fedadam'; beta1?: number; beta2?: number; tau?: number; serverLearningRate?: number }
  | { name: 'fedyogi'; beta1?: number; beta2?: number; tau?: number; serverLearningRate?: number }
  | { name: 'qfedavg'; q?: number }
  | { name: 'ifca'; groups?: number }
  | { name: 'clustered'; eps1?: number; eps2?: number; minGroup?: number; maxGroups?: number };

export type StrategyName = StrategyOptions['name'];
export type OptionsOf<N extends StrategyName> = Extract<StrategyOptions, { name: N }>;
