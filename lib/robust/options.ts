/** Which rule, and its parameters by their names in the paper. What is absent has the rule's default. */
export type RuleOptions =
  | { name: 'mean' }
  | { name: 'median'; f?: number }
  | { name: 'trimmed-mean'; beta?: number; f?: number }
  | { name: 'krum'; f?: number }
  | { name: 'multi-krum'; f?: number; m?: number }
  | { name: 'bulyan'; f?: number }
  | { name: 'geometric-median'; nu?: number; iterations?: number }
  | { name: 'norm-bound'; bound?: number; above?: 'clip' | 'zero' }
  | { name: 'fltrust' }
  | { name: 'centered-clip'; tau?: number; iterations?: number }
  | { name: 'flame'; lambda?: number };

export type RuleName = RuleOptions['name'];
export type RuleOptionsOf<N extends RuleName> = Extract<RuleOptions, { name: N }>;
