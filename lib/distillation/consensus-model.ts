/** The model of a federation whose clients have nothing in common but rows and labels: the mean of their predictions. */
import { type FederatedModel, federatedModel } from '../federation/federated-model';
import { isConsensus, parseSpec } from '../model';
import { RefusedError } from '../refused';

export interface ConsensusWish {
  /** Of the public rows, see public-rows.ts. */
  digest: string;
  /** How many public rows there are. */
  rows: number;
  /** Names of the classes, in the order of each network's outputs; a network with one sigmoid output has two. */
  labels: string[];
  seed?: number;
}

/**
 * Its vector is rows x labels, and starts with zeros: nothing is said of any row yet. Throws RefusedError 'model' for a wish
 * that cannot be.
 */
export function consensusModel({ digest, rows, labels, seed = 0 }: ConsensusWish): FederatedModel {
  const spec = parseSpec({
    version: 1,
    task: 'classify',
    input: [rows],
    layers: [{ type: 'dense', units: labels.length, activation: 'linear', useBias: false, initializer: 'zeros' }],
    labels,
    seed,
    consensus: { digest },
  });
  return federatedModel(spec, 'none');
}

export interface Consensus {
  digest: string;
  rows: number;
  labels: string[];
}

/** What a consensus is about. Throws RefusedError 'consensus' for the model of a network. */
export function consensusOf({ spec }: Pick<FederatedModel, 'spec'>): Consensus {
  const { consensus, labels } = spec;
  if (!isConsensus(spec) || !consensus || !labels) {
    throw new RefusedError(
      'consensus',
      'This model is a network, not the predictions of a federation on public rows: choose the fl-model of those as the consensus.',
    );
  }
  return { digest: consensus.digest, rows: spec.input[0], labels };
}
