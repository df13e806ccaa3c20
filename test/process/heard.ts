/** What the probes in a drawing report to a process test. */
export type Heard =
  /** `told`: what of the metrics must not depend on kills, as one text. */
  | { kind: 'round'; round: number; void?: string; told?: string; tree?: { begun: number; leaf: number } }
  | { kind: 'privacy'; client: string; round: number; epsilon: number }
  /** A model goes out of the aggregator; and comes out of the fl-cluster that follows a client. */
  | { kind: 'model'; round: number }
  | { kind: 'followed'; round: number }
  /** A model goes out of a node that makes one: its weights, in base64. */
  | { kind: 'bits'; whose: string; round: number; bits: string }
  /** A step of secure aggregation, or a masked update, as it leaves a client. */
  | { kind: 'masked'; step: string; client: string; attempt: string; bits: string }
  | { kind: 'error'; message: string; node: string };
