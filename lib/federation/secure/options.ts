/** How updates are masked, and with what of the rest of a federation that goes. */
import type { SecureOptions } from '../../privacy/secure';
import { limits } from '../../update/limits';
import type { FederationOptions } from '../options';
import { createSampler } from '../samplers';
import { bad, whole, within } from '../settings';
import type { Strategy } from '../strategies/strategy';

/** What a dialogue begins with. */
export const secureDefaults = { clip: 1, maxSamples: 10_000, threshold: 0.66 } as const satisfies SecureOptions;

/** A client counts for its samples, or as any other where the strategy or the sampler has it so. */
export const countsAlike = ({
  sampler,
  strategy: { name },
}: Pick<FederationOptions, 'sampler' | 'strategy'>): boolean =>
  name === 'feddyn' || createSampler(sampler).equalWeights === true;

type Together = Pick<
  FederationOptions,
  'timing' | 'sampler' | 'rule' | 'quarantine' | 'sending' | 'threshold' | 'quorum' | 'minClients'
>;

/** Throws RefusedError 'bad-setting'. */
export function checkSecure(secure: SecureOptions, strategy: Strategy, options: Together): void {
  within(secure.clip, 'the largest number of an update (clip)', 0, 1e6, true);
  whole(secure.maxSamples, 'the samples that a client counts for at most (maxSamples)', 1, limits.samples);
  within(
    secure.threshold ?? 0.5,
    'the share of clients that must be exceeded to open the sum (threshold)',
    0.5,
    0.999999,
  );
  if (secure.neighbours !== undefined)
    whole(secure.neighbours, 'the neighbours of a client', 2, limits.secureNeighbours);
  if ((secure.neighbours ?? 2) % 2 === 1)
    throw bad('Set the neighbours of a client to an even number: half of them on each side.');
  const { timing, sampler, rule, quarantine, sending, threshold, quorum, minClients } = options;
  const least = createSampler(sampler).size(minClients);
  if (least > limits.secureCohort) {
    throw bad(
      `Ask at most ${limits.secureCohort} clients (${least} are set): with secure aggregation each hears the keys of all.`,
    );
  }
  if (quorum < 3) throw bad('Raise the quorum to 3 or more: of a sum of two each of them knows the other.');
  const isSum = strategy.needs === 'fold' && strategy.uniformMean && strategy.vectorsPerUpdate === 1;
  if (!isSum || strategy.groups || strategy.startLoss) {
    throw bad(
      `Secure aggregation tells the sum alone, and "${strategy.name}" needs something of each client: choose fedavg, fedprox, feddyn or a server optimiser.`,
    );
  }
  if (rule.name !== 'mean') {
    throw bad(
      `The rule "${rule.name}" has to see each update, which secure aggregation hides: choose the mean, or no secure aggregation.`,
    );
  }
  if (quarantine) {
    throw bad(
      'Quarantine needs to know whose updates are bad, which secure aggregation hides: switch one of them off.',
    );
  }
  if (timing.mode === 'async') {
    throw bad('The masks of a round fall away in its sum: choose rounds for secure aggregation.');
  }
  if (timing.late) {
    throw bad('An update masked for one round cannot be opened in the next: let late answers be dropped.');
  }
  if (sending) {
    throw bad('That an update stays tells of it, and secure aggregation hides it: let clients send every update.');
  }
  if (threshold) {
    throw bad(
      'The errors of each client are told beside its update: set no threshold for anomalies, or no secure aggregation.',
    );
  }
  if (createSampler(sampler).needsLoss) {
    throw bad(
      'Power-of-choice asks for the loss of each client, which secure aggregation hides: choose another sampler.',
    );
  }
}
