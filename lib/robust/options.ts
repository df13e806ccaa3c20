/**
 * What each update counts where the paper of the rule leaves it open. Samples are what a client says they are: who may lie in
 * its update may lie in its count, so that the default is 'uniform'.
 */
export type Weights = 'samples' | 'uniform';

/** Which rule, and its parameters by their names in the paper. What is absent has the rule's default. */
export type RuleOptions =
  | { name: 'mean' }
  | { name: 'median'; f?: number }
  | { name: 'trimmed-mean'; beta?: number; f?: number }
  | { name: 'krum'; f?: number }
  | { name: 'multi-krum'; f?: number; m?: number }
  | { name: 'bulyan'; f?: number }
  | { name: 'geometric-median'; nu?: number; iterations?: number; weights?: Weights }
  | { name: 'norm-bound'; bound?: number; above?: 'clip' | 'zero'; weights?: Weights }
  | { name: 'fltrust' }
  | { name: 'centered-clip'; tau?: number; iterations?: number }
  | { name: 'flame'; lambda?: number }
  | { name: 'foolsgold'; kappa?: number };

export type RuleName = RuleOptions['name'];
export type RuleOptionsOf<N extends RuleName> = Extract<RuleOptions, { name: N }>;
