/** Clients with a personal model beside the federated one mask what they send as any other. */
import assert from 'node:assert/strict';
import { personalLearner, personalMethods, personalOptions } from '../../../../lib/federation';
import { diagonal, nine, quadraticLearner, size } from '../personal/quadratic-learner';
import { toyFederation } from '../toy';
import { maskedToy, secure } from './masked-toy';

const clients = ['a', 'b', 'c'];
const options = {
  ...{ rounds: 2, minClients: 3, quorum: 3 },
  training: { epochs: 2, batchSize: 10, optimizer: 'sgd', learningRate: 0.1, seed: 1 },
} as const;

describe('personal models and masked updates', () => {
  for (const method of personalMethods) {
    it(`${method}: the same federated model, and each client has its own`, async () => {
      const owned = new Set<string>();
      const who = (client: string) => {
        const k = clients.indexOf(client);
        const a = diagonal(...Array.from({ length: size }, (_, i) => 0.5 + ((i + k) % 3)));
        const m = Array.from({ length: size }, (_, i) => 2 + ((i * 7 + k * 3) % 5));
        const learner = personalLearner({
          model: nine,
          options: personalOptions({ method }),
          learner: quadraticLearner(a, m),
          onPersonal: () => owned.add(client),
        });
        return { model: nine, learner };
      };
      const plain = await toyFederation({ options, parts: { model: nine } });
      for (const client of clients) plain.add(client, who(client)).samplesChanged();
      await plain.settle();
      owned.clear();
      const toy = await maskedToy({ clients, who, options: { ...options, secure }, parts: { model: nine } });
      await toy.settle();
      const [found, wanted] = [toy, plain].map(({ coordinator }) => coordinator.snapshot());
      assert.deepEqual([toy.refused, toy.complaints, found.phase], [[], [], 'finished']);
      for (const [i, value] of wanted.weights.entries()) assert.ok(Math.abs(found.weights[i] - value) < 1e-4);
      assert.equal(owned.size, clients.length);
      await toy.close();
      await plain.close();
    });
  }
});
