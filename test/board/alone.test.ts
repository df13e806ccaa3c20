import assert from 'node:assert/strict';
import { createBoard } from '../../lib/board/create-board';
import { fingerprint, initialWeights, layoutOf, parseSpec } from '../../lib/model';
import { generator } from '../../lib/random/generator';
import { createCoreEngine } from '../../lib/training/core/engine';
import { itLearnsBehindABackbone } from '../lib/board/voice-on-a-board';
import { type Bench, createBench } from './bench';
import { compilers } from './qemu-board';

for (const compiler of compilers) {
  describe(`one board in QEMU (${compiler})`, () => {
    let bench: Bench;
    before(() => {
      bench = createBench();
    });
    after(() => bench.close());

    describe('with a frozen backbone', () => {
      itLearnsBehindABackbone(async () => {
        const { openLine, qemu } = await bench.board(compiler);
        return { openLine, close: () => qemu.kill() };
      });
    });

    it('predicts by itself after a reset what it saved, and nothing more when that is forgotten', async () => {
      const spec = parseSpec({
        version: 1,
        task: 'classify',
        input: [20, 2],
        layers: [
          { type: 'conv1d', filters: 6, kernelSize: 3, activation: 'relu' },
          { type: 'flatten' },
          { type: 'dense', units: 4, activation: 'softmax' },
        ],
        labels: ['north', 'east', 'south', 'west'],
        seed: 9,
      });
      const model = { spec, layout: layoutOf(spec), fingerprint: fingerprint(spec) };
      const weights = initialWeights(spec);
      const random = generator(2, 'flash');
      const normal = (): number => random.normal();
      const normalisation = {
        mean: Array.from({ length: 40 }, normal),
        std: Array.from({ length: 40 }, () => 0.5 + random.uniform()),
      };
      const features = Float32Array.from({ length: 40 }, normal);
      const { outputs } = await createCoreEngine().predict({ spec, weights, features, count: 1, normalisation });

      const { openLine, qemu } = await bench.board(compiler);
      const gateway = createBoard({ openLine });
      await gateway.use({ ...model, training: { batchSize: 4, optimizer: 'sgd' }, rows: 10 });
      await gateway.commit(weights, normalisation);
      await gateway.save();
      await gateway.close();

      await qemu.pressReset();
      // A gateway that knows of no model.
      const stranger = createBoard({ openLine });
      assert.deepEqual(await stranger.predict(features), outputs);
      await stranger.forget();
      await stranger.close();

      await qemu.pressReset();
      const later = createBoard({ openLine });
      await assert.rejects(later.predict(features));
      await later.close();
    });
  });
}
