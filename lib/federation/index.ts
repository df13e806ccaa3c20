export { type Clock, systemClock } from './clock';
export {
  type Coordinator,
  type CoordinatorParts,
  type CoordinatorStatus,
  createCoordinator,
  isCommand,
  type Snapshot,
} from './coordinator';
export { type FederatedModel, federatedModel, tensorSizes } from './federated-model';
export type { RoundMetrics } from './metrics';
export { defaultOptions, type FederationOptions, federationOptions } from './options';
export {
  createParticipant,
  type Participant,
  type ParticipantParts,
  type ParticipantStatus,
  type Samples,
} from './participant';
export type { Command, Phase } from './round-state';
export type { SamplerOptions } from './samplers/sampler';
export { strategyNames } from './strategies';
export type { Aggregate, Strategy, StrategyState, UpdateFacts } from './strategies/strategy';
