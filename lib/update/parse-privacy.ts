/** Claims of fl-dp-noise, and what an aggregator under central privacy tells. */
import type { AdaptiveClipping, CentralTold, PrivacyClaim } from './message';
import { choice, compact, fields, finite, flag, optional, positive, refuse } from './reader';

const MOST_NORM = 1e9;

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

export function parsePrivacy(value: unknown): PrivacyClaim {
  const where = 'msg.fl.privacy';
  const read = fields(value, where);
  const claim = compact({
    mode: choice(read.get('mode'), `${where}.mode`, ['local', 'central'] as const),
    clippingNorm: positive(read.get('clippingNorm'), `${where}.clippingNorm`, MOST_NORM),
    noiseMultiplier: positive(read.get('noiseMultiplier'), `${where}.noiseMultiplier`, 1e9),
    delta: positive(read.get('delta'), `${where}.delta`, 1),
    epsilon: finite(read.get('epsilon'), `${where}.epsilon`, 0, Number.MAX_VALUE),
    adaptive: optional(read.get('adaptive'), parseAdaptive),
    within: optional(read.get('within'), (v) => flag(v, `${where}.within`)),
  });
  const { adaptive, within } = claim;
  if (!adaptive) return within === undefined ? claim : refuse(`${where}.within is for adaptive clipping only.`);
  if (claim.mode === 'local') return refuse(`${where}.adaptive is for central privacy only.`);
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
  });
}
