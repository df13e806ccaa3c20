/**
 * The aggregator's side of a federation: carries out what the round's reducer wants. Everything that arrives is checked
 * here before the reducer hears of it; a model goes out only after the state that holds it is on the disk.
 */
import { randomBytes } from 'node:crypto';
import type { Kernels } from '../core/kernels';
import { decodeStatistics, poolStatistics } from '../data/normalisation';
import { inputSize } from '../model';
import { RefusedError } from '../refused';
import type { Store } from '../state/store';
import { decodeVector } from '../update/codecs/registry';
import type { FederationHeader, Header, Message, PrivacyClaim, UpdateHeader } from '../update/message';
import { parseMessage } from '../update/validate';
import { requireFinite, vectorPayload } from '../update/vector';
import { attemptOf, refusalOf } from './admission';
import { type Aggregation, claimOf, createAggregation, type Noise } from './aggregation';
import { decodeCheckpoint, encodeCheckpoint, keptRound, type Learned, recordName, restoredState } from './checkpoint';
import { type Clock, systemClock } from './clock';
import { type FederatedModel, firstWeights, tensorSizes } from './federated-model';
import { countsOf, meanLoss, type RoundMetrics } from './metrics';
import type { FederationOptions } from './options';
import { createRoundReducer } from './round';
import { type Command, type Effect, firstState, type RoundEvent, type RoundState, type TimerName } from './round-state';
import { findStrategy } from './strategies';
import type { UpdateFacts } from './strategies/strategy';
import { entries } from './table';
