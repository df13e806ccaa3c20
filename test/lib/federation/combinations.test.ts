/**
 * Everything with everything: strategies (with their groups) x rules x timing x sending x personal models. Each choice either
 * does two rounds or is refused with a sentence; which is which is written down here from docs/algorithms.md, robust.md and
 * timing.md, and not asked of the code.
 */
import assert from 'node:assert/strict';
import {
  type FederationOptions,
  federationOptions,
  type Learner,
  type PersonalWish,
  personalLearner,
  personalMethods,
  personalOptions,
  type StrategyName,
  strategyNames,
} from '../../../lib/federation';
import type { TimingOptions } from '../../../lib/federation/timing/options';
import { RefusedError } from '../../../lib/refused';
import type { RuleName } from '../../../lib/robust/options';
import type { TrainingOptions } from '../../../lib/training/engine';
import type { SendingOptions } from '../../../lib/update/message';
import { diagonal, gradientOf, nine, quadraticLearner, size } from './personal/quadratic-learner';
import { toyFederation } from './toy';

const training: TrainingOptions = { epochs: 2, batchSize: 10, optimizer: 'sgd', learningRate: 0.1, seed: 1 };
const clients = ['a', 'b', 'c'];

const rules: readonly RuleName[] = [
  ...(['mean', 'median', 'trimmed-mean', 'krum', 'multi-krum', 'bulyan'] as const),
  ...(['geometric-median', 'norm-bound', 'fltrust', 'centered-clip', 'flame', 'foolsgold'] as const),
];
/** As few updates as a rule can do with: three are there. */
function ruleOf(name: RuleName): FederationOptions['rule'] {
  if (name === 'trimmed-mean') return { name, beta: 0.34, f: 1 };
  return name === 'krum' || name === 'multi-krum' || name === 'bulyan' ? { name, f: 0 } : { name };
}

const late: TimingOptions = { mode: 'rounds', late: { maxStaleness: 2 } };
const timings: Record<string, TimingOptions> = {
  rounds: { mode: 'rounds' },
  late,
  fedasync: { mode: 'async', method: { name: 'fedasync', mixing: 0.5 }, maxStaleness: 5 },
  fedbuff: { mode: 'async', method: { name: 'fedbuff', bufferSize: 3, serverLearningRate: 1 }, maxStaleness: 5 },
};
const sendings: Record<string, SendingOptions | undefined> = {
  all: undefined,
  norm: { name: 'norm', threshold: 0.5 },
  loss: { name: 'loss', threshold: 0.5 },
  periodic: { name: 'periodic', every: 2 },
};

/** The next model is the mean of the updates, or made of nothing but it, and clients keep nothing. */
const means: readonly StrategyName[] = [
  ...(['fedavg', 'fedsgd', 'fedprox', 'fedavgm', 'fedadagrad', 'fedadam', 'fedyogi'] as const),
];

const secure = { clip: 100, maxSamples: 100 };

interface Choice {
  strategy: StrategyName;
  rule: RuleName;
  timing: string;
  sending: string;
}

/** What the documents say goes together. */
function together({ strategy, rule, timing, sending }: Choice): boolean {
  const isMean = means.includes(strategy);
  // robust.md: not SCAFFOLD, FedDyn, FedNova, q-FedAvg, clustered; FLTrust knows one model.
  if (rule !== 'mean' && !isMean && !(strategy === 'ifca' && rule !== 'fltrust')) return false;
  if (timing !== 'rounds' && rule !== 'mean') return false;
  // timing.md: late answers with means; without rounds the method takes the strategy's place.
  if (timing === 'late' && !isMean) return false;
  if ((timing === 'fedasync' || timing === 'fedbuff') && strategy !== 'fedavg' && strategy !== 'fedprox') return false;
  // timing.md: updates stay only in rounds, with means.
  if (sending !== 'all' && (!isMean || rule !== 'mean' || timing === 'fedasync' || timing === 'fedbuff')) return false;
  return true;
}

const choices: Choice[] = strategyNames.flatMap((strategy) =>
  rules.flatMap((rule) =>
    Object.keys(timings).flatMap((timing) =>
      Object.keys(sendings).map((sending) => ({ strategy, rule, timing, sending })),
    ),
  ),
);

const wishOf = ({ strategy, rule, timing, sending }: Choice): Partial<FederationOptions> => ({
  rounds: 2,
  minClients: clients.length,
  quorum: clients.length,
  training,
  strategy: { name: strategy },
  rule: ruleOf(rule),
  timing: timings[timing],
  sending: sendings[sending],
});

function refusal(wish: Partial<FederationOptions>): RefusedError | undefined {
  try {
    federationOptions(wish);
    return undefined;
  } catch (error) {
    assert.ok(error instanceof RefusedError, String(error));
    return error;
  }
}

/** A client with a minimum of its own, that answers all that a task may ask. */
function learnerOf(k: number): Learner {
  const a = diagonal(...Array.from({ length: size }, (_, i) => 0.5 + ((i + k) % 3)));
  const m = Array.from({ length: size }, (_, i) => 2 + ((i * 7 + k * 3) % 5));
  const lossAt = (w: ArrayLike<number>): number =>
    gradientOf(a, m, w).reduce((sum, gradient, i) => sum + (gradient * (w[i] - m[i])) / 2, 0);
  const plain = quadraticLearner(a, m);
  return {
    ...plain,
    lossOf: async ({ weights }) => lossAt(weights),
    async learn(task, control) {
      const update = await plain.learn(task, control);
      const { weights, atStart } = task;
      return {
        ...update,
        metrics: {
          ...update.metrics,
          loss: lossAt(weights) / 2,
          ...(atStart?.loss ? { startLoss: lossAt(weights) } : {}),
        },
        ...(atStart?.gradient ? { startGradient: Float32Array.from(gradientOf(a, m, weights)) } : {}),
      };
    },
  };
}

const timingHasNoRounds = ({ timing }: Partial<FederationOptions>): boolean => timing?.mode === 'async';
/** Why a client with such a personal model cannot take control vectors. */
function declines(personal: PersonalWish['method'] | undefined): RegExp | undefined {
  if (personal === 'fedper' || personal === 'fedrep') return /would tell of the layers that stay at home/;
  return personal === 'per-fedavg' ? /own steps, which control vectors do not correct/ : undefined;
}

/** What two rounds come to. */
async function federate(wish: Partial<FederationOptions>, personal?: PersonalWish['method']) {
  const toy = await toyFederation({ options: wish, parts: { model: nine, root: learnerOf(9) } });
  const owned = new Set<string>();
  clients.forEach((client, k) => {
    const learner = learnerOf(k);
    const around = personal
      ? personalLearner({
          model: nine,
          options: personalOptions({ method: personal }),
          learner,
          onPersonal: () => owned.add(client),
        })
      : learner;
    toy.add(client, { model: nine, learner: around }).samplesChanged();
  });
  const before = [...toy.coordinator.snapshot().weights];
  await toy.settle();
  // Without rounds a version is written in its own time.
  for (let waits = 0; waits < 3 && timingHasNoRounds(wish); waits++) {
    toy.clock.advance(1000);
    await toy.settle();
  }
  const { phase, weights } = toy.coordinator.snapshot();
  const declined = toy.sent.flatMap(({ fl }) =>
    fl.kind === 'decline' && fl.withheld === undefined ? [fl.reason] : [],
  );
  const found = {
    phase,
    rounds: toy.metrics.length,
    sent: toy.metrics.reduce((sum, { updates }) => sum + updates, 0),
    isFinite: weights.every(Number.isFinite),
    hasMoved: weights.some((value, i) => value !== before[i]),
    complaints: toy.refused.map(({ message }) => message),
    declined,
    owned: owned.size,
  };
  await toy.close();
  return found;
}

describe('strategies, rules, timing, sending and personal models together', () => {
  it('each of all the choices is taken or refused as the documents say, with a sentence', () => {
    assert.equal(choices.length, 13 * 12 * 4 * 4);
    for (const choice of choices) {
      const refused = refusal(wishOf(choice));
      assert.equal(refused === undefined, together(choice), `${JSON.stringify(choice)}: ${refused?.message}`);
      if (!refused) continue;
      assert.equal(refused.code, 'bad-setting');
      assert.match(refused.message, /^[A-Z][^\n]{20,300}\.$/);
    }
  });

  it('secure aggregation goes with means in rounds where all is sent, and with FedDyn, as its page says', () => {
    for (const choice of choices) {
      const { strategy, rule, timing, sending } = choice;
      const isSum = means.includes(strategy) || strategy === 'feddyn';
      const isTaken = isSum && rule === 'mean' && timing === 'rounds' && sending === 'all';
      const refused = refusal({ ...wishOf(choice), secure });
      assert.equal(refused === undefined, isTaken, `${JSON.stringify(choice)}: ${refused?.message}`);
    }
  });

  for (const personal of [undefined, ...personalMethods]) {
    it(`each that is taken does two rounds, ${personal ?? 'without a personal model'}`, async () => {
      for (const choice of choices.filter(together)) {
        const found = await federate(wishOf(choice), personal);
        const what = `${JSON.stringify(choice)} ${personal}: ${JSON.stringify(found)}`;
        const reason = choice.strategy === 'scaffold' || choice.strategy === 'feddyn' ? declines(personal) : undefined;
        if (reason) {
          assert.ok(found.declined.length >= clients.length && found.sent === 0, what);
          for (const told of found.declined) assert.match(told ?? '', reason);
          continue;
        }
        assert.equal(found.phase, 'finished', what);
        assert.deepEqual([found.complaints, found.declined], [[], []], what);
        assert.ok(found.rounds === 2 && found.sent > 0 && found.isFinite && found.hasMoved, what);
        assert.equal(found.owned, personal ? clients.length : 0, what);
      }
    });
  }

  it('FedProx at the clients goes with every optimiser at the server, and so does momentum where steps are counted', async () => {
    for (const strategy of ['fedavgm', 'fedadagrad', 'fedadam', 'fedyogi', 'qfedavg', 'ifca', 'clustered'] as const) {
      const own = { ...training, proximal: 0.5 };
      const wish = wishOf({ strategy, rule: 'mean', timing: 'rounds', sending: 'all' });
      const plain = await federate(wish);
      const pulled = await federate({ ...wish, training: own });
      assert.deepEqual([plain.phase, pulled.phase], ['finished', 'finished'], strategy);
      assert.deepEqual([pulled.complaints, pulled.declined], [[], []], strategy);
    }
  });
});
