/** The noise of central privacy is drawn elsewhere: the round closes when it is there, and never without it. */
import assert from 'node:assert/strict';
import { federatedModel } from '../../../lib/federation';
import type { NoiseJob, Noising } from '../../../lib/privacy';
import type { ModelHeader } from '../../../lib/update/message';
import { type Toy, toyFederation, toyModel } from './toy';

interface Asked {
  mean: number[];
  job: NoiseJob;
  answer(vector: Float32Array): void;
  fail(error: Error): void;
}

const turns = async (count: number): Promise<void> => {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
};
const modelsOf = (toy: Toy): ModelHeader[] =>
  toy.sent.flatMap(({ fl }) => (fl.kind === 'model' && fl.cohort.length > 0 ? [fl] : []));

async function federation(): Promise<{
  toy: Toy;
  asked: Asked[];
  answerAll(values: readonly number[]): Promise<void>;
}> {
  const asked: Asked[] = [];
  const noising: Noising = (vector, job) =>
    new Promise((answer, fail) => asked.push({ mean: [...vector], job, answer, fail }));
  const toy = await toyFederation({
    options: { rounds: 2, minClients: 2, quorum: 2 },
    parts: { model: federatedModel(toyModel().spec, 'none'), noising, normal: () => assert.fail('drawn here') },
  });
  const { fingerprint } = toy.coordinator.snapshot();
  const base = { federation: 'toy', model: fingerprint };
  const privacy = { mode: 'central', clippingNorm: 10, noiseMultiplier: 3, delta: 1e-5, epsilon: 1 } as const;
  for (const client of ['a', 'b']) {
    toy.coordinator.receive({ fl: { kind: 'join', ...base, round: 0, client, samples: 5 } });
  }
  await toy.settle();
  return {
    toy,
    asked,
    async answerAll(values) {
      const model = modelsOf(toy).at(-1);
      assert.ok(model);
      const { round, attempt, tensors } = model;
      for (const [i, client] of ['a', 'b'].entries()) {
        const fl = { kind: 'update', ...base, round, attempt, client, samples: 5, codecs: [], tensors } as const;
        const payload = Buffer.from(Float32Array.of(values[i], 0, 0).buffer);
        toy.coordinator.receive({ fl: { ...fl, expected: 2, deadlineMs: 1000, privacy }, payload });
      }
      // As many as the federation needs to settle.
      await turns(20);
    },
  };
}

describe('the noise of central privacy', () => {
  it('is asked for once a round, and the model moves by what comes back and by nothing else', async () => {
    const { toy, asked, answerAll } = await federation();
    const before = toy.coordinator.snapshot().weights;
    await answerAll([1, 3]);
    assert.equal(asked.length, 1);
    assert.deepEqual(asked[0].mean, [2, 0, 0]);
    // z C / m.
    assert.deepEqual(asked[0].job, { sigma: (3 * 10) / 2 });
    // While it is drawn nothing of the round is to be seen, and nothing more gets in.
    await answerAll([9, 9]);
    assert.deepEqual(toy.coordinator.snapshot().weights, before);
    assert.deepEqual(
      modelsOf(toy).map(({ round }) => round),
      [1],
    );
    assert.equal(toy.metrics.length, 0);
    asked[0].answer(Float32Array.of(5, -1, 4));
    await toy.settle();
    assert.equal(asked.length, 1);
    const { weights } = toy.coordinator.snapshot();
    const expected = [5, -1, 4].map((value, i) => Math.fround(before[i] + value));
    for (let i = 0; i < 3; i++) assert.ok(Math.abs(weights[i] - expected[i]) < 1e-6, `${weights} for ${expected}`);
    assert.deepEqual(
      modelsOf(toy).map(({ round }) => round),
      [1, 2],
    );
    assert.ok(Math.abs(toy.metrics[0].updateNorm - Math.hypot(5, -1, 4)) < 1e-5);
    await toy.close();
  });

  it('that cannot be drawn lets nothing of the round out', async () => {
    const { toy, asked, answerAll } = await federation();
    const before = toy.coordinator.snapshot().weights;
    await answerAll([1, 3]);
    asked[0].fail(new Error('no thread is left'));
    await toy.settle();
    assert.deepEqual(toy.coordinator.snapshot().weights, before);
    assert.match(toy.refused.at(-1)?.message ?? '', /no thread is left/);
    await toy.close();
  });
});
