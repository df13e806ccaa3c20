/** A model that nobody trains here: its updates are made up. */
import { type FederatedModel, federatedModel } from '../lib/federation';

/** 10,000 numbers. */
export const wideModel = (): FederatedModel =>
  federatedModel(
    {
      version: 1,
      task: 'regress',
      input: [99],
      layers: [{ type: 'dense', units: 100, activation: 'linear' }],
      loss: 'mean_squared_error',
      seed: 1,
    },
    'none',
  );
