/** Claims of fl-dp-noise, and what an aggregator under central privacy tells. */
import { limits } from './limits';
import type { AdaptiveClipping, CentralTold, PrivacyClaim, TreeTold } from './message';
import { choice, compact, fields, finite, flag, integer, optional, positive, refuse } from './reader';

const MOST_NORM = 1e9;
const MOST_MULTIPLIER = 1e9;
const MOST_LEVELS = 20;

function parseAdaptive(value: unknown): AdaptiveClipping {
  const where = 'msg.fl.privacy.adaptive';
  const read = fields(value, where);
  return compact({
    firstNorm: positive(read.get('firstNorm'), `${where}.firstNorm`, MOST_NORM),
    quantile: finite(read.get('quantile'), `${where}.quantile`, 0, 1),
    rate: positive(read.get('rate'), `${where}.rate`, MOST_NORM),
    step: choice(read.get('step'), `${where}.step`, ['geometric', 'linear'] as const),
    countNoise: optional(read.get('countNoise'), (v) => positive(v, `${where}.countNoise`, MOST_NORM)),
  });
}

function treeOf(value: unknown, where: string): NonNullable<PrivacyClaim['tree']> {
  const read = fields(value, where);
  return {
    levels: integer(read.get('levels'), `${where}.levels`, 1, MOST_LEVELS),
    begun: integer(read.get('begun'), `${where}.begun`, 1, limits.round),
  };
}

function parseTree(value: unknown): TreeTold {
  const where = 'msg.fl.central.tree';
  const read = fields(value, where);
  return {
    ...treeOf(value, where),
    clippingNorm: positive(read.get('clippingNorm'), `${where}.clippingNorm`, MOST_NORM),
    noiseMultiplier: positive(read.get('noiseMultiplier'), `${where}.noiseMultiplier`, MOST_MULTIPLIER),
  };
}

export function parsePrivacy(value: unknown): PrivacyClaim {
  const where = 'msg.fl.privacy';
  const read = fields(value, where);
  const claim = compact({
    mode: choice(read.get('mode'), `${where}.mode`, ['local', 'central', 'distributed'] as const),
    clippingNorm: positive(read.get('clippingNorm'), `${where}.clippingNorm`, MOST_NORM),
    noiseMultiplier: positive(read.get('noiseMultiplier'), `${where}.noiseMultiplier`, MOST_MULTIPLIER),
    delta: positive(read.get('delta'), `${where}.delta`, 1),
    epsilon: finite(read.get('epsilon'), `${where}.epsilon`, 0, Number.MAX_VALUE),
    clients: optional(read.get('clients'), (v) => integer(v, `${where}.clients`, 3, limits.secureCohort)),
    adaptive: optional(read.get('adaptive'), parseAdaptive),
    tree: optional(read.get('tree'), (v) => treeOf(v, `${where}.tree`)),
    within: optional(read.get('within'), (v) => flag(v, `${where}.within`)),
  });
  const { adaptive, within, tree } = claim;
  if ((claim.mode === 'distributed') !== (claim.clients !== undefined)) {
    return refuse(`${where}.clients belongs to distributed noise, and to that alone.`);
  }
  if (tree && claim.mode !== 'central') return refuse(`${where}.tree is for central privacy only.`);
  if (tree && adaptive)
    return refuse(`${where} has a tree and adaptive clipping: the noise of a tree is for one norm.`);
  if (!adaptive) return within === undefined ? claim : refuse(`${where}.within is for adaptive clipping only.`);
  if (claim.mode !== 'central') return refuse(`${where}.adaptive is for central privacy only.`);
  if (within === undefined) return refuse(`${where}.within is missing: adaptive clipping counts it.`);
  if (adaptive.countNoise !== undefined && 2 * adaptive.countNoise <= claim.noiseMultiplier) {
    return refuse(`${where}.adaptive.countNoise must be above half of noiseMultiplier.`);
  }
  return claim;
}

export function parseCentral(value: unknown): CentralTold {
  const where = 'msg.fl.central';
  const read = fields(value, where);
  return compact({
    clippingNorm: optional(read.get('clippingNorm'), (v) => positive(v, `${where}.clippingNorm`, MOST_NORM)),
    tree: optional(read.get('tree'), parseTree),
  });
}
