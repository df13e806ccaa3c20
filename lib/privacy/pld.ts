/**
 * Privacy loss distributions: a tight upper bound on epsilon for any composition of sampled Gaussian mechanisms and exponential
 * mechanisms. Each is put on a grid so that delta is exact at the grid's points and above the truth between them ("connect the dots":
 * Doroshenko, Ghazi, Kamath, Kumar & Manurangsi, arXiv 2207.04380), and they are composed by Fourier transform (Koskela, Jälkö & Honkela,
 * arXiv 1906.03049). All that is cut off or rounded is counted as a loss without bound.
 */
import { logPhi } from './erfc';
import { fourier } from './fft';

/** `count` releases of the sampled Gaussian mechanism, of noise over sensitivity, or of any mechanism of that epsilon and no delta. */
export type LossEvent = { count: number } & ({ noiseMultiplier: number; samplingRate: number } | { epsilon: number });

/** Whether the client is in the data that the losses are under, and not in the other. */
type Direction = 'removed' | 'added';

/** delta at each epsilon, of a single release. */
type HockeyStick = (epsilon: number) => number;

/** Mass of the distribution at each point of the grid, and of an unbounded loss. */
interface Losses {
  /** The point 0 of `mass` is at first * step. */
  first: number;
  mass: Float64Array;
  infinite: number;
}

/** Points of the grid in a standard deviation of one release; each spreads a loss over its two neighbours. */
const POINTS_IN_DEVIATION = 16;
const [LEAST_STEP, MOST_STEP] = [1e-6, 0.02];
const MOST_POINTS = 2 ** 16;
/** Of losses: beyond, their exponentials pass what a float64 holds. */
const MOST_LOSS = 600;
/** What may be cut off, of delta. */
const CUT = 1e-4;

const phi = (x: number): number => Math.exp(logPhi(x));

function hockeyStick(event: LossEvent, direction: Direction): HockeyStick {
  if ('epsilon' in event) {
    // The worst is randomised response: one of two answers, the true one e^epsilon times as likely.
    const { epsilon: most } = event;
    const truth = 1 / (1 + Math.exp(-most));
    return (epsilon) =>
      epsilon >= most ? 0 : epsilon <= -most ? -Math.expm1(epsilon) : truth - Math.exp(epsilon) * (1 - truth);
  }
  const { noiseMultiplier: sigma, samplingRate: q } = event;
  if (direction === 'removed') {
    // The mixture against N(0, sigma^2): its loss log(1 - q + q e^((2x - 1) / 2 sigma^2)) grows with x.
    return (epsilon) => {
      const inner = Math.exp(epsilon) - (1 - q);
      if (inner <= 0) return -Math.expm1(epsilon);
      const x = sigma * sigma * Math.log(inner / q) + 1 / 2;
      const other = phi(-x / sigma);
      return (1 - q) * other + q * phi((1 - x) / sigma) - Math.exp(epsilon) * other;
    };
  }
  // N(0, sigma^2) against the mixture: the loss falls with x, and is below -log(1 - q).
  return (epsilon) => {
    const inner = Math.exp(-epsilon) - (1 - q);
    if (inner <= 0) return 0;
    const x = sigma * sigma * Math.log(inner / q) + 1 / 2;
    const own = phi(x / sigma);
    return own - Math.exp(epsilon) * ((1 - q) * own + q * phi((x - 1) / sigma));
  };
}

/** Chords of delta as a function of e^epsilon, between the points of the grid; undefined: the losses are too large. */
function connectDots(delta: HockeyStick, step: number, tail: number): Losses | undefined {
  // delta(-x) - (1 - e^-x) is what lies below -x, and delta(x) bounds what lies above x.
  let last = 1;
  while (delta(last * step) > tail && last < MOST_POINTS / 2) last *= 2;
  let first = -1;
  while (delta(first * step) + Math.expm1(first * step) > tail && first > -MOST_POINTS / 2) first *= 2;
  if (Math.max(last, -first) * step > MOST_LOSS) return undefined;
  const count = last - first + 1;
  const mass = new Float64Array(count);
  let [before, at] = [1, Math.max(0, delta(first * step))];
  let slopeBefore = (at - before) / Math.exp(first * step);
  for (let i = 0; i < count; i++) {
    const epsilon = (first + i) * step;
    const next = i + 1 < count ? Math.min(at, Math.max(0, delta(epsilon + step))) : at;
    const slope = (next - at) / (Math.exp(epsilon) * Math.expm1(step));
    mass[i] = Math.max(0, slope - slopeBefore) * Math.exp(epsilon);
    [before, at, slopeBefore] = [at, next, slope];
  }
  return { first, mass, infinite: at };
}

/** log of the moment E e^(t loss). */
function logMoment({ first, mass }: Losses, step: number, t: number): number {
  const top = t > 0 ? first + mass.length : first;
  let sum = 0;
  for (let i = 0; i < mass.length; i++) sum += mass[i] * Math.exp(t * (first + i - top) * step);
  return Math.log(sum) + t * top * step;
}

/** How far on this side the sum of all losses reaches but for `tail` (Chernoff). */
function reach(losses: readonly { of: Losses; count: number }[], step: number, side: 1 | -1, tail: number): number {
  let least = Number.POSITIVE_INFINITY;
  for (let t = 2 ** -6; t <= 2 ** 12; t *= 1.5) {
    const log = losses.reduce((sum, { of, count }) => sum + count * logMoment(of, step, side * t), 0);
    if (Number.isFinite(log)) least = Math.min(least, (log - Math.log(tail)) / t);
  }
  return Math.max(0, least);
}

function epsilonIn(direction: Direction, events: readonly LossEvent[], delta: number, step: number): number {
  const releases = events.reduce((sum, { count }) => sum + count, 0);
  const tail = (CUT * delta) / releases;
  const losses: { of: Losses; count: number }[] = [];
  for (const event of events) {
    const of = connectDots(hockeyStick(event, direction), step, tail);
    if (!of) return Number.POSITIVE_INFINITY;
    losses.push({ of, count: event.count });
  }
  const cut = CUT * delta;
  const [up, down] = ([1, -1] as const).map((side) => reach(losses, step, side, cut));
  if (!(up < MOST_LOSS && down < Number.MAX_VALUE)) return Number.POSITIVE_INFINITY;
  let n = 2;
  while (n * step < up + down + 2 * step) n *= 2;
  // A wider grid still bounds, a little less closely.
  if (n > MOST_POINTS) return epsilonIn(direction, events, delta, step * Math.max(2, n / MOST_POINTS));
  const total = { re: new Float64Array(n).fill(1), im: new Float64Array(n) };
  let finite = 0;
  for (const { of, count } of losses) {
    const re = new Float64Array(n);
    const im = new Float64Array(n);
    for (const [i, mass] of of.mass.entries()) re[(((of.first + i) % n) + n) % n] += mass;
    fourier(re, im);
    finite += count * Math.log1p(-Math.min(of.infinite, 1 / 2));
    for (let k = 0; k < n; k++) {
      const size = Math.hypot(re[k], im[k]) ** count;
      const angle = Math.atan2(im[k], re[k]) * count;
      const [x, y] = [size * Math.cos(angle), size * Math.sin(angle)];
      [total.re[k], total.im[k]] = [total.re[k] * x - total.im[k] * y, total.re[k] * y + total.im[k] * x];
    }
  }
  fourier(total.re, total.im, true);
  // Infinite losses, what was cut on both sides, and the rounding of n numbers to the power of `releases`.
  const rounding = 4 * Number.EPSILON * (releases + Math.log2(n)) * Math.sqrt(n);
  const lost = -Math.expm1(finite) + 2 * cut + rounding;
  if (!(lost < delta / 2)) return Number.POSITIVE_INFINITY;
  // From above: with delta(e) = lost + sum of m (1 - e^(e - loss)) over the losses above e.
  let [above, weighted] = [0, 0];
  for (let k = Math.floor(up / step) + 1; k >= 0; k--) {
    const epsilon = k * step;
    const here = lost + above - Math.exp(epsilon) * weighted;
    if (here > delta) {
      // Between k and k + 1 the sums stay: solved for e.
      return Math.min(epsilon + step, Math.log((lost + above - delta) / weighted));
    }
    const mass = Math.max(0, total.re[k % n]);
    above += mass;
    weighted += mass * Math.exp(-epsilon);
  }
  return 0;
}

/** Standard deviation of the loss of one release, about. */
const deviation = (event: LossEvent): number =>
  'epsilon' in event
    ? event.epsilon
    : event.samplingRate * Math.sqrt(Math.expm1(Math.min(50, event.noiseMultiplier ** -2)));

/**
 * An upper bound on epsilon, close to the least one. Infinity where the grid would be too large or delta is too small for its rounding: then
 * another accountant has to do. Throws RangeError for what is no release.
 */
export function pldEpsilon(events: readonly LossEvent[], delta: number): number {
  if (!(delta > 0 && delta < 1)) throw new RangeError(`delta must be between 0 and 1, not ${delta}`);
  const released = events.filter((event) => event.count > 0 && ('epsilon' in event || event.samplingRate > 0));
  for (const event of released) {
    const isGood = 'epsilon' in event ? event.epsilon > 0 : event.noiseMultiplier >= 0 && event.samplingRate <= 1;
    if (!isGood) throw new RangeError(`This is no release: ${JSON.stringify(event)}`);
    if ('noiseMultiplier' in event && event.noiseMultiplier === 0) return Number.POSITIVE_INFINITY;
  }
  if (released.length === 0) return 0;
  const finest = Math.min(...released.map(deviation)) / POINTS_IN_DEVIATION;
  const step = Math.min(MOST_STEP, Math.max(LEAST_STEP, finest));
  return Math.max(...(['removed', 'added'] as const).map((direction) => epsilonIn(direction, released, delta, step)));
}
