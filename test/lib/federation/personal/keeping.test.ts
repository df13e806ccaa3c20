/** What is kept of a personal model, what leaves with an update, and what happens when something goes wrong. */
import assert from 'node:assert/strict';
import type { LocalUpdate } from '../../../../lib/federation';
import { tensorSizes } from '../../../../lib/federation/federated-model';
import { layerNames, privateTensors } from '../../../../lib/federation/personal/layers';
import { leaveOut } from '../../../../lib/federation/personal/leave-out';
import { personalOptions } from '../../../../lib/federation/personal/options';
import { type PersonalParts, personalLearner } from '../../../../lib/federation/personal/personal-learner';
import { personalMessage } from '../../../../lib/federation/personal/personal-message';
import { decodePersonal, encodePersonal, type PersonalState } from '../../../../lib/federation/personal/state';
import { generator } from '../../../../lib/random/generator';
import { RefusedError } from '../../../../lib/refused';
import { applyCodec, decodeAll } from '../../../../lib/update/codecs/registry';
import { parseMessage } from '../../../../lib/update/validate';
import { vectorPayload } from '../../../../lib/update/vector';
import { encodeWire } from '../../../../lib/update/wire';
import { refused, refusedLater } from '../../update/refused';
import { diagonal, nine, patience, quadraticLearner, size, taskOf } from './quadratic-learner';

const a = diagonal(1, 2, 1, 2, 1, 2, 1, 2, 1);
const m = [1, 2, 3, 4, 5, 6, 7, 8, 9];
const tensors = tensorSizes(nine.layout);
const fedper = personalOptions({ method: 'fedper', privateLayers: '1' });
const vector = (seed: number): Float32Array => {
  const random = generator(seed, 'weights');
  return Float32Array.from({ length: size }, () => random.normal());
};
const make = (change: Partial<PersonalParts> = {}) =>
  personalLearner({ model: nine, options: fedper, learner: quadraticLearner(a, m), ...change });

describe('layers that stay at home', () => {
  it('are chosen by number from the end, or by name', () => {
    assert.deepEqual(layerNames(nine.layout), ['dense_1', 'dense_2']);
    assert.deepEqual(privateTensors(nine.layout, '1'), [false, false, true, true]);
    assert.deepEqual(privateTensors(nine.layout, ' dense_1 '), [true, true, false, false]);
    for (const choice of ['0', '', '2', 'dense_1, dense_2', 'dense_3', '1.5', '-1']) {
      refused('bad-setting', () => privateTensors(nine.layout, choice));
    }
  });

  it('are in no byte of the update, whatever they are: the shared part of two clients that differ at home alone is the same', async () => {
    const bytes = async (own: number[]) => {
      const learner = make({ learner: quadraticLearner(a, [...m.slice(0, 6), ...own]) });
      const updates: Buffer[] = [];
      for (let round = 1; round <= 3; round++) {
        updates.push((await learner.learn(taskOf(vector(9), {}, round), patience)).payload);
      }
      return updates;
    };
    assert.deepEqual(await bytes([7, 8, 9]), await bytes([-70, 0.5, 1e4]));
  });

  it('leave the numbers of a quantised update as they are, to the bit', () => {
    for (const bits of [2, 8, 16]) {
      for (let seed = 1; seed <= 50; seed++) {
        const payload = vectorPayload(vector(seed));
        const coded = applyCodec({ payload, fl: { codecs: [], tensors } }, 'quantize', { bits });
        const whole = decodeAll(coded.payload, coded.codecs, tensors);
        const local: LocalUpdate = { ...coded, samples: 1, metrics: {} };
        const { payload: thin, codecs } = leaveOut(local, tensors, [false, false, true, true]);
        assert.deepEqual(
          decodeAll(thin, codecs, tensors),
          whole.map((value, i) => (i < 6 ? value : 0)),
        );
        assert.equal(thin.length, 1 + 2 * 4 + Math.ceil((4 * bits) / 8) + Math.ceil((2 * bits) / 8));
      }
    }
    refused('codec-order', () =>
      leaveOut({ payload: Buffer.alloc(0), codecs: [{ name: 'layers' }], samples: 1, metrics: {} }, tensors, [true]),
    );
  });
});

describe('what is kept of a personal model', () => {
  for (const method of ['fedper', 'fedrep', 'ditto'] as const) {
    it(`${method}: broken off and begun again anywhere, the bits are those of a run without a break`, async () => {
      const options = personalOptions({ method, privateLayers: '1', lambda: 0.3 });
      const run = async (breaks: number[]): Promise<Buffer[]> => {
        let disk: PersonalState | undefined;
        const open = () =>
          make({
            options,
            state: disk && decodePersonal(encodePersonal(disk, nine, options), nine, options).state,
            save: async (state) => {
              disk = state;
            },
          });
        let learner = open();
        const updates: Buffer[] = [];
        for (let round = 1; round <= 4; round++) {
          let { payload } = await learner.learn(taskOf(vector(round), {}, round), patience);
          if (breaks.includes(round)) {
            // The answer was lost: the process was killed, and the round is asked again.
            learner = open();
            ({ payload } = await learner.learn(taskOf(vector(round), {}, round), patience));
          }
          updates.push(payload);
        }
        return [...updates, vectorPayload(disk?.after ?? new Float32Array(0))];
      };
      const plain = await run([]);
      for (const breaks of [[1], [2, 3], [1, 2, 3, 4]]) assert.deepEqual(await run(breaks), plain);
    });
  }

  it('is on the disk before the answer goes out', async () => {
    const order: string[] = [];
    const learner = make({
      save: async () => {
        await new Promise((resolve) => setTimeout(resolve, 5));
        order.push('saved');
      },
    });
    await learner.learn(taskOf(vector(1)), patience).then(() => order.push('answered'));
    assert.deepEqual(order, ['saved', 'answered']);
  });

  it('is dropped with a sentence when it is of another model, method or layers, or damaged', () => {
    const state: PersonalState = { round: 3, before: vector(1), after: vector(2) };
    const record = encodePersonal(state, nine, fedper);
    assert.deepEqual(decodePersonal(record, nine, fedper), { state });
    const others = [
      decodePersonal(record, { ...nine, fingerprint: 'f'.repeat(64) }, fedper),
      decodePersonal(record, nine, personalOptions({ method: 'fedper', privateLayers: 'dense_1' })),
      decodePersonal(record, nine, personalOptions({ method: 'ditto' })),
      decodePersonal({ ...record, parts: { after: record.parts.after.subarray(4) } }, nine, fedper),
      decodePersonal({ ...record, parts: { after: vectorPayload(vector(1).fill(Number.NaN)) } }, nine, fedper),
    ];
    for (const { state: none, notice } of others) {
      assert.equal(none, undefined);
      assert.match(notice ?? '', /dropped, and begins anew\.$/);
    }
    assert.deepEqual(decodePersonal(undefined, nine, fedper), {});
    // What does not change the meaning of the numbers drops nothing.
    const ditto = personalOptions({ method: 'ditto', lambda: 1 });
    assert.ok(decodePersonal(encodePersonal(state, nine, ditto), nine, personalOptions({ method: 'ditto' })).state);
  });

  it('begins anew, and says so, when the federation does; it is forgotten when told', async () => {
    const said: string[] = [];
    const kept: (PersonalState | undefined)[] = [];
    const learner = make({
      onTrouble: ({ code }) => said.push(code),
      save: async (state) => {
        kept.push(state);
      },
    });
    for (const round of [4, 5]) await learner.learn(taskOf(vector(round), {}, round), patience);
    assert.deepEqual(said, []);
    await learner.learn(taskOf(vector(1), {}, 1), patience);
    assert.deepEqual(said, ['personal-anew']);
    assert.equal(kept.at(-1)?.before, undefined);
    await learner.forget();
    assert.equal(kept.at(-1), undefined);
  });
});

describe('a personal learner on bad days', () => {
  it('sends the update although disk or measure fail, and says what failed', async () => {
    const said: string[] = [];
    const fails = async (): Promise<never> => {
      throw new Error('full');
    };
    const learner = make({ save: fails, measure: fails, onTrouble: ({ code }) => said.push(code) });
    assert.ok((await learner.learn(taskOf(vector(1)), patience)).payload.length > 0);
    assert.deepEqual(said, ['personal-figures', 'personal-figures', 'personal-not-kept']);
  });

  it('declines control vectors where layers stay at home, and takes them where all are sent', async () => {
    const control = new Float32Array(size);
    const task = { ...taskOf(vector(1)), control };
    await refusedLater('personal-strategy', () => make().learn(task, patience), /layers that stay at home/);
    const options = personalOptions({ method: 'ditto' });
    const asked: Parameters<typeof quadraticLearner>[2] = [];
    await make({ options, learner: quadraticLearner(a, m, asked) }).learn(task, patience);
    assert.equal(asked[0].control, control);
    assert.equal(asked[1].control, undefined, 'the second training is its own');
  });

  it('a model heard of while it is at another is not mixed with it: the newest is followed', async () => {
    const rounds: number[] = [];
    const learner = make({ onPersonal: ({ round }) => rounds.push(round) });
    const news = { options: taskOf(vector(1)).options, final: false };
    for (const round of [1, 2, 3]) learner.hear?.({ weights: vector(round), round }, news);
    await learner.settled();
    assert.deepEqual(rounds, [3]);
    // To learn goes before what was only heard of.
    learner.hear?.({ weights: vector(4), round: 4 }, news);
    await learner.learn(taskOf(vector(5), {}, 5), patience);
    await learner.settled();
    assert.deepEqual(rounds, [3, 5]);
  });

  it('refuses settings that cannot be', () => {
    const bad: Parameters<typeof personalOptions>[0][] = [
      { method: 'ditto', lambda: -1 },
      { method: 'ditto', personalEpochs: 0 },
      { method: 'fine-tuning', personalRate: 0 },
      { method: 'fine-tuning', tuneEvery: 1.5 },
      { method: 'per-fedavg', alpha: Number.NaN },
      { method: 'per-fedavg', delta: 0 },
      { method: 'per-fedavg', adaptationSteps: 0 },
    ];
    for (const wish of bad) refused('bad-setting', () => personalOptions(wish));
    refused('bad-setting', () => make({ options: personalOptions({ method: 'fedper', privateLayers: '2' }) }));
  });

  it('is a message that passes the gate and never the wire', async () => {
    const { options } = taskOf(vector(1));
    const owner = { federation: 'f', client: 'north', model: nine };
    const message = personalMessage({ weights: vector(1), round: 3, options, final: false }, owner);
    const { fl } = parseMessage(message);
    assert.ok(fl.kind === 'model' && fl.personal === 'north');
    refused('header', () => parseMessage({ ...message, fl: { ...message.fl, personal: '' } }));
    refused('header', () => parseMessage({ ...message, fl: { ...message.fl, personal: 7 } }));
    await assert.rejects(
      encodeWire(message),
      (error) => error instanceof RefusedError && error.code === 'samples-stay',
    );
  });
});
