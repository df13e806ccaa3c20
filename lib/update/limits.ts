/** The largest that a message may be in each direction: generous for a federation, small enough that a hostile one exhausts nothing. */
export const limits = {
  /** Characters of a federation's name or a participant's id. */
  name: 100,
  /** Characters of a reason that is shown to people. */
  reason: 300,
  round: 0x7fffffff,
  /** Participants named in one cohort. */
  cohort: 10_000,
  /** A week; timers in JavaScript end at 24.8 days. */
  deadlineMs: 7 * 24 * 3600 * 1000,
  /** Examples that one participant may claim in one update, and rows of a block of samples. */
  samples: 1_000_000_000,
  /** Rounds that an answer may be behind. */
  staleness: 1000,
  tensors: 512,
  /** Numbers in one vector. */
  parameters: 16 * 1024 * 1024,
  /** Numbers in one row of features. */
  features: 65_536,
  classes: 1000,
  /** Groups of clients with a model each. */
  groups: 64,
  /** How many times as long as the model a vector may be that would move it: a longer one has diverged, or is meant to harm. */
  timesTheModel: 1e6,
  codecs: 8,
  /** Clients of one secure sum: each hears the keys of all. */
  secureCohort: 1000,
  /** With whom one client shares masks: a share has one of 255 points, and one is for itself. */
  secureNeighbours: 254,
  /** Bytes of one message of its steps. */
  secureBytes: 1024 * 1024,
  /** Whole numbers of a quantile sketch. */
  sketch: 1025,
  /** Parameters of one codec step, and notes of one header. */
  parametersOfStep: 16,
  notes: 16,
  /** Bytes of any payload: the largest vector as float64, and side data of codecs. */
  payloadBytes: 130 * 1024 * 1024,
} as const;
