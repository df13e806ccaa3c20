/** The settings of fl-dp-noise. */
import { accountants } from '../../lib/privacy/accountant';
import type { NoiseWish, PrivacyPlan, TreeTerms } from '../../lib/privacy/plan';
import { levelsFor } from '../../lib/privacy/tree';
import { RefusedError } from '../../lib/refused';
import type { AdaptiveClipping, PrivacyClaim } from '../../lib/update/message';
import type { Settings } from '../shared/red';
import { choice, number } from '../shared/settings';
import type { Reckoner } from './reckoner';

export interface Options extends PrivacyPlan {
  /** z: standard deviation of the noise over the clipping norm. */
  noiseMultiplier: number;
  clippingNorm: number;
  /** Central only; absent: C stays. */
  adaptive?: AdaptiveClipping;
  /** Epsilon; Number.MAX_VALUE: no limit. */
  budget: number;
  /** Distributed only: of how many parts the noise is made. */
  clients?: number;
  /** What happens to the statistics that a federated normalisation asks for: they carry no noise. */
  statistics: 'refuse' | 'pass';
}

/** In local mode each update has noise of its own. */
function readTree(settings: Settings, mode: PrivacyPlan['mode'], rounds: number): { tree?: TreeTerms } {
  const isTree = mode === 'central' && choice(settings, 'mechanism', ['gaussian', 'tree'], 'gaussian') === 'tree';
  if (!isTree) return {};
  const participations = number(settings, 'participations', 1, { min: 1, max: 1e6, integer: true });
  const separation = number(settings, 'separation', 1, { min: 1, max: 1e6, integer: true });
  const levels = levelsFor(rounds);
  if ((participations - 1) * separation < 2 ** levels - 1) return { tree: { levels, participations, separation } };
  throw new RefusedError(
    'bad-setting',
    `${participations} rounds of a client, ${separation} apart, are more than a tree of ${2 ** levels - 1} rounds has: lower one, or plan for more rounds.`,
  );
}

export interface Planned {
  plan: PrivacyPlan;
  wish: NoiseWish;
}

export function readPlan(settings: Settings): Planned {
  const mode = choice<PrivacyClaim['mode']>(settings, 'mode', ['local', 'central', 'distributed'], 'local');
  const delta = number(settings, 'delta', 1e-5, { min: 1e-300, max: 0.999999 });
  const releases = number(settings, 'releases', 20, { min: 1, max: 1e6, integer: true });
  // Whom the aggregator asked is no secret to it: sampling does not help local privacy.
  const { tree } = readTree(settings, mode, releases);
  const isSampled = mode === 'central' && !tree;
  const samplingRate = isSampled ? number(settings, 'samplingRate', 1, { min: 1e-6, max: 1 }) : 1;
  const accountant = isSampled ? choice(settings, 'accountant', accountants, 'rdp') : 'rdp';
  const plan = { mode, delta, releases, samplingRate, accountant, ...(tree ? { tree } : {}) };
  const wish =
    choice(settings, 'noise', ['multiplier', 'target'], 'target') === 'multiplier'
      ? { noiseMultiplier: number(settings, 'noiseMultiplier', 1, { min: 1e-6, max: 1e6 }) }
      : { epsilon: number(settings, 'targetEpsilon', 8, { min: 1e-6, max: 1e6 }) };
  return { plan, wish };
}

/** Throws RefusedError when no noise fulfils the wish. */
export function requireEnough(noiseMultiplier: number, { plan, wish }: Planned): number {
  if (Number.isFinite(noiseMultiplier) || !('epsilon' in wish)) return noiseMultiplier;
  throw new RefusedError(
    'bad-setting',
    `No noise is enough for epsilon ${wish.epsilon} over ${plan.releases} rounds: allow a larger epsilon, fewer rounds or a larger delta.`,
  );
}

/** In local mode C is fixed: the bit that tells whether a norm was within it would need noise of its own at each client. */
function readAdaptive(settings: Settings, { mode, tree }: PrivacyPlan, firstNorm: number) {
  // The noise of a tree is taken off again, so it is for one norm.
  const adapts =
    mode === 'central' && !tree && choice(settings, 'clipping', ['fixed', 'adaptive'], 'fixed') === 'adaptive';
  if (!adapts) return {};
  const typed = choice(settings, 'countNoiseType', ['num', 'auto'], 'auto') === 'num';
  const adaptive: AdaptiveClipping = {
    firstNorm,
    quantile: number(settings, 'quantile', 0.5, { min: 0, max: 1 }),
    rate: number(settings, 'rate', 0.2, { min: 1e-6, max: 1e6 }),
    step: choice<'geometric' | 'linear'>(settings, 'step', ['geometric', 'linear'], 'geometric'),
    ...(typed ? { countNoise: number(settings, 'countNoise', 1, { min: 1e-6, max: 1e9 }) } : {}),
  };
  return { adaptive };
}

function requireCountNoise({ countNoise }: Partial<AdaptiveClipping>, noiseMultiplier: number): void {
  if (countNoise === undefined || 2 * countNoise > noiseMultiplier) return;
  throw new RefusedError(
    'bad-setting',
    `The noise of the count must be above ${(noiseMultiplier / 2).toPrecision(3)}, half of the noise multiplier, as ${countNoise} is not: raise it, or let it be chosen.`,
  );
}

/** All but the noise multiplier. */
function readRest(settings: Settings, plan: PrivacyPlan): Omit<Options, 'noiseMultiplier'> {
  const clippingNorm = number(settings, 'clippingNorm', 1, { min: 1e-9, max: 1e6 });
  const limited = choice(settings, 'budgetType', ['num', 'none'], 'num') === 'num';
  return {
    ...plan,
    clippingNorm,
    ...readAdaptive(settings, plan, clippingNorm),
    ...(plan.mode === 'distributed'
      ? { clients: number(settings, 'clients', 3, { min: 3, max: 1000, integer: true }) }
      : {}),
    budget: limited ? number(settings, 'budget', 8, { min: 1e-6, max: 1e6 }) : Number.MAX_VALUE,
    statistics: choice<'refuse' | 'pass'>(settings, 'statistics', ['refuse', 'pass'], 'refuse'),
  };
}

/** `onLong`: called when the noise that reaches the wished epsilon is not found at once. Rejects with RefusedError. */
export async function readOptions(settings: Settings, reckoner: Reckoner, onLong: () => void): Promise<Options> {
  const planned = readPlan(settings);
  const { plan, wish } = planned;
  const rest = readRest(settings, plan);
  const noiseMultiplier =
    'noiseMultiplier' in wish
      ? wish.noiseMultiplier
      : requireEnough((await reckoner.plannedNoise(plan, wish, onLong)).noiseMultiplier, planned);
  requireCountNoise(rest.adaptive ?? {}, noiseMultiplier);
  return { ...rest, noiseMultiplier };
}
