export { type Clock, systemClock } from './clock';
export { isCommand } from './commands';
export {
  type Coordinator,
  type CoordinatorParts,
  type CoordinatorStatus,
  createCoordinator,
  type Snapshot,
} from './coordinator';
export type { Overview, WatchedClient } from './coordinator-parts';
export { type FederatedModel, federatedModel, tensorSizes } from './federated-model';
export { type GatewayParts, gatewayLearner, type Samples, type Train } from './gateway-learner';
export type { GlobalModel, Learner, LearningControl, LearningTask, LocalUpdate, Patience } from './learner';
export { type LocalMemory, localMemory } from './local/memory';
export type { RoundMetrics } from './metrics';
export { defaultOptions, type FederationOptions, federationOptions } from './options';
export {
  createParticipant,
  type Participant,
  type ParticipantParts,
  type ParticipantStatus,
} from './participant';
export { type PersonalOptions, type PersonalWish, personalMethods, personalOptions } from './personal/options';
export { type Compared, type PersonalLearner, personalLearner } from './personal/personal-learner';
export type { Command, Phase } from './round-state';
export type { SamplerOptions } from './samplers/sampler';
export type { ScheduleOptions } from './schedule';
export {
  createMasker,
  createTurns,
  type Masker,
  type MaskerEvent,
  type MaskerParts,
  secureDefaults,
  type Turns,
} from './secure';
export { createStrategy, strategyNames } from './strategies';
export type { StrategyName, StrategyOptions } from './strategies/options';
export type { Aggregate, Strategy, StrategyState, UpdateFacts } from './strategies/strategy';
export { errorSketch, type OwnThreshold, ownThreshold, type ThresholdOptions } from './threshold';
