/** Whole federations of unlike networks on written digits that are unlike too: what FedMD (arXiv 1910.03581) and FedDF (arXiv 2006.07242) claim. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  consensusModel,
  logitsOf,
  ownNormalisation,
  type PublicRows,
  publicRows,
  studentOf,
} from '../../../lib/distillation';
import type { FederatedModel } from '../../../lib/federation';
import { initialWeights } from '../../../lib/model';
import { createStore } from '../../../lib/state';
import { readVector, vectorPayload } from '../../../lib/update/vector';
import { type Digits, digits, labels, networks, WIDTH } from './digits';
import { accuracy, engine, federate, type Member, type Outcome, training } from './federation';

const ROUNDS = 10;
const watch = { signal: new AbortController().signal, onProgress() {} };

interface Setting {
  set: Digits;
  rows: PublicRows;
  consensus: FederatedModel;
  members: Record<string, Member>;
}

/** As many clients as names of networks, in their order. */
function settingOf(alpha: number, seed: number, names = Object.keys(networks)): Setting {
  const set = digits({ clients: names.length, alpha, seed });
  const rows = publicRows(set.publicRows, WIDTH);
  const consensus = consensusModel({ digest: rows.digest, rows: rows.count, labels });
  const blocks = [...set.clients];
  const members = Object.fromEntries(
    blocks.map(([client, own], i): [string, Member] => [client, { network: networks[names[i]], own, rows }]),
  );
  return { set, rows, consensus, members };
}

const together = async ({ set, members }: Setting, { networks: made }: Outcome): Promise<number[]> =>
  Promise.all(Object.entries(members).map(([client, { network }]) => accuracy(network, made[client], set.test)));

/** Each network on its own rows alone: as many passes, inputs normalised in the same way. */
const alone = ({ set, members }: Setting): Promise<number[]> =>
  Promise.all(
    Object.values(members).map(async ({ network, own, rows }) => {
      const { spec } = network;
      const normalisation = ownNormalisation(network, rows);
      const options = { ...training, epochs: training.epochs * ROUNDS };
      const { weights } = await engine.train({
        spec,
        weights: initialWeights(spec),
        samples: own,
        normalisation,
        options,
      });
      return accuracy(network, { weights, normalisation }, set.test);
    }),
  );

const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Logits of the members on any rows, meaned in float64: the ensemble that the federation is about. */
async function ensemble(
  { members }: Setting,
  { networks: made }: Outcome,
  features: Float32Array,
): Promise<Float64Array> {
  const count = features.length / WIDTH;
  const sum = new Float64Array(count * labels.length);
  for (const [client, { network }] of Object.entries(members)) {
    const { weights, normalisation } = made[client];
    const { outputs } = await engine.predict({ spec: network.spec, weights, normalisation, features, count });
    for (let row = 0; row < count; row++) {
      const logs = Array.from(outputs.subarray(row * 10, row * 10 + 10), (p) => Math.log(Math.max(p, 1e-7)));
      for (let c = 0; c < 10; c++) sum[row * 10 + c] += (logs[c] - mean(logs)) / Object.keys(members).length;
    }
  }
  return sum;
}

const decisions = (logits: ArrayLike<number>): number[] =>
  Array.from({ length: logits.length / 10 }, (_, row) => {
    const ten = Array.from({ length: 10 }, (_, c) => logits[row * 10 + c]);
    return ten.indexOf(Math.max(...ten));
  });

describe('a federation of unlike networks', () => {
  for (const seed of [1, 2]) {
    it(`makes every one of them better than it is alone, by 20 points in the mean (digits, Dirichlet 0.1, seed ${seed})`, async () => {
      const setting = settingOf(0.1, seed);
      const outcome = await federate({ ...setting, rounds: ROUNDS });
      assert.deepEqual(outcome.refused, []);
      const [apart, joint] = [await alone(setting), await together(setting, outcome)];
      for (const [i, figure] of joint.entries())
        assert.ok(figure > apart[i], `client ${i}: ${apart} alone, ${joint} together`);
      assert.ok(mean(joint) - mean(apart) >= 0.2, `${apart} alone, ${joint} together`);
      // What travels does not depend on the networks.
      for (const { bytesUp, bytesDown } of outcome.metrics) {
        assert.deepEqual([bytesUp, bytesDown], [4 * 4 * 10 * setting.rows.count, 4 * 4 * 10 * setting.rows.count]);
      }
    });
  }

  it('agrees on the mean of their logits on the public rows', async () => {
    const setting = settingOf(0.5, 3);
    const outcome = await federate({ ...setting, rounds: 3 });
    const expected = await ensemble(setting, outcome, setting.rows.features);
    const { weights } = outcome.snapshot;
    for (const [i, value] of expected.entries()) assert.ok(Math.abs(weights[i] - value) < 1e-4, `number ${i}`);
  });

  it('counts each alike, or by its own samples when that is chosen', async () => {
    const setting = settingOf(0.5, 3, ['linear', 'narrow', 'deep']);
    const owned = Object.values(setting.members).map(({ own }) => own.count);
    assert.ok(new Set(owned).size === 3);
    for (const counts of ['alike', 'samples'] as const) {
      const outcome = await federate({ ...setting, rounds: 1, distill: { counts } });
      const shares = counts === 'alike' ? [1 / 3, 1 / 3, 1 / 3] : owned.map((n) => n / owned.reduce((a, b) => a + b));
      const logits = await Promise.all(
        Object.entries(setting.members).map(async ([client, { network, rows }]) => {
          const { weights, normalisation } = outcome.networks[client];
          const { features, count } = rows;
          const { outputs } = await engine.predict({ spec: network.spec, weights, normalisation, features, count });
          return logitsOf(outputs, network.spec);
        }),
      );
      const { weights } = outcome.snapshot;
      for (let i = 0; i < weights.length; i++) {
        const expected = logits.reduce((sum, vector, k) => sum + shares[k] * vector[i], 0);
        assert.ok(Math.abs(weights[i] - expected) < 1e-4, `${counts}: number ${i}`);
      }
    }
  });

  it('teaches a student that is as good as the ensemble to a few points, and better than anyone alone', async () => {
    const setting = settingOf(0.1, 2);
    const outcome = await federate({ ...setting, rounds: ROUNDS });
    const { rows, consensus, set } = setting;
    const student = networks.narrow;
    const job = { consensus, logits: outcome.snapshot.weights, rows, student, temperature: 1 };
    const taught = await studentOf({ ...job, options: { ...training, epochs: 60 } }, (one) => engine.train(one), watch);
    const figure = await accuracy(student, taught, set.test);
    const decided = decisions(await ensemble(setting, outcome, set.test.features));
    const best = mean(decided.map((label, i) => Number(label === set.test.targets[i])));
    const apart = await alone(setting);
    assert.ok(figure >= best - 0.05, `student ${figure}, ensemble ${best}`);
    assert.ok(figure > Math.max(...apart), `student ${figure}, alone ${apart}`);
    // Taught further, from where it stood.
    const more = await studentOf(
      { ...job, start: taught.weights, options: { ...training, epochs: 1 } },
      (one) => engine.train(one),
      watch,
    );
    assert.ok(more.firstLoss < taught.firstLoss, 'it goes on where it was');
  });

  it('leaves one with other public rows out, and tells it which rows are meant', async () => {
    const setting = settingOf(0.5, 1, ['narrow', 'deep', 'linear']);
    const [first, second, third] = Object.keys(setting.members);
    const other = publicRows(digits({ clients: 2, alpha: 1, seed: 77 }).publicRows, WIDTH);
    assert.notEqual(other.digest, setting.rows.digest);
    const members = { ...setting.members, [third]: { ...setting.members[third], rows: other } };
    const outcome = await federate({ ...setting, members, rounds: 1, federation: { minClients: 2, quorum: 2 } });
    assert.deepEqual(Object.keys(outcome.networks).sort(), [first, second].sort());
    const joined = outcome.messages.flatMap(({ fl }) => (fl.kind === 'join' ? [fl.client] : []));
    assert.deepEqual(new Set(joined), new Set([first, second]));
    assert.deepEqual(outcome.refused, []);
  });

  it('is led astray by one that lies under the mean, and not under the median', async () => {
    const setting = settingOf(0.5, 2, ['narrow', 'deep', 'linear', 'convolution', 'narrow']);
    const [liar] = Object.keys(setting.members);
    const run = async (rule: 'mean' | 'median', lies: boolean): Promise<number> => {
      const outcome = await federate({
        ...setting,
        rounds: 4,
        federation: rule === 'mean' ? {} : { rule: { name: 'median' } },
        up(message) {
          const { fl, payload } = message;
          if (!lies || fl.kind !== 'update' || fl.client !== liar) return message;
          // The reverse of what it thinks, as loud as twenty.
          return { fl, payload: vectorPayload(readVector(payload, payload.length / 4).map((value) => -20 * value)) };
        },
      });
      const decided = decisions(outcome.snapshot.weights);
      const honest = decisions(await ensembleOfHonest(setting, outcome, liar));
      return mean(decided.map((label, i) => Number(label === honest[i])));
    };
    const [astray, held] = [await run('mean', true), await run('median', true)];
    assert.ok(astray < 0.5, `under the mean ${astray} of the rows are as the honest clients say`);
    assert.ok(held > 0.9, `under the median ${held}`);
  });

  it('can be broken off in the middle, and ends with the same bits', async () => {
    const setting = settingOf(0.5, 1, ['narrow', 'deep', 'convolution']);
    const whole = await federate({ ...setting, rounds: 4 });
    const folder = await mkdtemp(join(tmpdir(), 'fl-distill-'));
    after(() => rm(folder, { recursive: true, force: true }));
    const store = createStore(folder);
    const half = await federate({ ...setting, rounds: 4, store, stopIn: 3 });
    assert.ok(half.snapshot.round >= 3 && half.snapshot.phase !== 'finished', half.snapshot.phase);
    const rest = await federate({ ...setting, rounds: 4, store });
    assert.deepEqual(rest.snapshot.weights, whole.snapshot.weights);
    for (const client of Object.keys(setting.members)) {
      assert.deepEqual(rest.networks[client], whole.networks[client], client);
    }
    assert.equal(whole.networks[Object.keys(setting.members)[0]].final, true);
  });
});

function ensembleOfHonest(setting: Setting, outcome: Outcome, liar: string): Promise<Float64Array> {
  const { [liar]: _, ...members } = setting.members;
  return ensemble({ ...setting, members }, outcome, setting.rows.features);
}
