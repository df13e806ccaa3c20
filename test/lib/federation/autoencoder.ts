/** The smallest autoencoder: of one number, with one weight and one bias. */
import { type FederatedModel, federatedModel } from '../../../lib/federation';

export const autoencoder = (normalisation: FederatedModel['normalisation']): FederatedModel =>
  federatedModel(
    {
      version: 1,
      task: 'anomaly',
      input: [1],
      layers: [{ type: 'dense', units: 1, activation: 'linear' }],
      loss: 'mean_squared_error',
      seed: 1,
    },
    normalisation,
  );
