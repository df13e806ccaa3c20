export { createRule, ruleNames } from './create-rule';
export { type KrumOptions, krumBound, krumScores, ranking, select as selectBest } from './krum';
export type { RuleName, RuleOptions } from './options';
export type { Combined, Rejection, Rule, RuleInput, Shares } from './rule';
