/**
 * What an update still counts that began from an older model: s(t) with t the versions that came in between, from 1 at
 * t = 0 down (Xie 2019, arXiv 1903.03934, section 5.2).
 */
export type StalenessOptions =
  | { name: 'constant' }
  /** (1 + t)^-a */
  | { name: 'polynomial'; a: number }
  /** 1 up to t = b, then 1 / (a (t - b) + 1) */
  | { name: 'hinge'; a: number; b: number };

export type StalenessWeight = (staleness: number) => number;

export function stalenessWeight(options: StalenessOptions): StalenessWeight {
  switch (options.name) {
    case 'constant':
      return () => 1;
    case 'polynomial':
      return (t) => (1 + t) ** -options.a;
    case 'hinge':
      return (t) => (t <= options.b ? 1 : 1 / (options.a * (t - options.b) + 1));
  }
}
