import { logPhi } from '../privacy/erfc';

/** The point below which a standard normal number falls with this probability, by bisection to the last bits of float64. */
export function normalQuantile(probability: number): number {
  if (!(probability >= 0 && probability <= 1)) throw new RangeError(`no probability: ${probability}`);
  if (probability === 0 || probability === 1) return probability === 0 ? -Infinity : Infinity;
  const wanted = Math.log(probability);
  let low = -40;
  let high = 40;
  for (;;) {
    const middle = (low + high) / 2;
    if (middle <= low || middle >= high) return middle;
    if (logPhi(middle) < wanted) low = middle;
    else high = middle;
  }
}
