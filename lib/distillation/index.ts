export { type Consensus, type ConsensusWish, consensusModel, consensusOf } from './consensus-model';
export { type PublicRows, publicRows } from './public-rows';
