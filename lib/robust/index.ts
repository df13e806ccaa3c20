export { type KrumOptions, krumBound, krumScores, ranking, select as selectBest } from './krum';
