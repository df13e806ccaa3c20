/** Which strategy, and its parameters by their names in the paper. What is absent has the strategy's default. */
export type StrategyOptions = { name: 'fedavg' };

export type StrategyName = StrategyOptions['name'];
