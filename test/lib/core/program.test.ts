import assert from 'node:assert/strict';
import { programOf } from '../../../lib/core/program';
import { createCore } from '../../../lib/core/wasm';
import { layoutOf, outputSize } from '../../../lib/model';
import { generator } from '../../../lib/random/generator';
import { openSession } from '../../../lib/training/core/session';
import { cases } from '../../core/cases';

const all = cases();

describe('programs', () => {
  for (const { name, job } of all) {
    it(`${name}: the core counts parameters and outputs as the layout does`, () => {
      const session = openSession(programOf(job.spec, { batch: 2, slots: 1, training: true }));
      assert.equal(session.parameters, layoutOf(job.spec).size);
      assert.equal(session.outputSize, outputSize(job.spec));
    });
  }

  it('weights come back as they were put, forward-only plans too', () => {
    for (const { job } of all) {
      for (const training of [true, false]) {
        const session = openSession(programOf(job.spec, { batch: 1, slots: 0, training }));
        session.putWeights(job.weights);
        assert.deepEqual(session.getWeights(), job.weights);
      }
    }
  });

  it('hostile ones are refused', () => {
    const core = createCore();
    const wordsAt = core.base + 65536;
    core.reserve(1 << 20);
    const plan = (words: number[]): number => {
      core.int32(wordsAt, words.length).set(words);
      return core.exports.session_plan(core.base, wordsAt, words.length);
    };
    const head = (layers: number, size = [1, 1, 4], batch = 1): number[] => [1, 2, 1, batch, 2, 1, ...size, layers];
    const layer = (type: number, ...rest: number[]): number[] => [
      type,
      ...Object.assign([0, 4, 1, 1, 1, 1, 0, 1, 1, 0, 0], rest),
    ];
    assert.ok(plan([...head(1), ...layer(0)]) > 0, 'the plain one is taken');
    const huge = 1 << 24;
    const refused: [string, number[]][] = [
      ['no words', []],
      ['another version', [9, ...head(1).slice(1), ...layer(0)]],
      ['a layer short', head(1)],
      ['too many layers', [...head(65), ...Array.from({ length: 65 }, () => layer(0)).flat()]],
      ['a huge layer', [...head(1, [1, 1, huge]), ...layer(0, 0, huge)]],
      ['a huge input', [...head(1, [huge, huge, huge]), ...layer(0)]],
      ['a huge batch', [...head(1, [1, 1, huge], huge), ...layer(0)]],
      ['a negative size', [...head(1), ...layer(0, 0, -4)]],
      ['a size of 0', [...head(1, [1, 0, 4]), ...layer(0)]],
      ['a kernel larger than its input', [...head(1, [4, 4, 1]), ...layer(1, 0, 4, 5, 1)]],
      ['a stride of 0', [...head(1, [4, 4, 1]), ...layer(1, 0, 4, 1, 1, 0, 1)]],
      [
        'sizes that overflow when flattened',
        [...head(2, [huge, huge, 1]), ...layer(5, 0, 1, 1, 1, 1, 1, 0, 1, 0), ...layer(0)],
      ],
      ['an unknown layer', [...head(1), ...layer(6)]],
      ['an unknown activation', [...head(1), ...layer(0, 6)]],
      ['an autoencoder of another width', [1, 2, 2, ...head(1).slice(3), ...layer(0, 0, 5)]],
      ['cross-entropy on ReLU', [1, 0, 0, ...head(1).slice(3), ...layer(0, 1)]],
    ];
    for (const [name, words] of refused) assert.ok(plan(words) < 0, `${name}: ${plan(words)}`);
  });

  it('mutated ones are refused or run, and never trap', () => {
    const random = generator(31, 'programs');
    const originals = all.map(({ job }) => programOf(job.spec, { batch: 2, slots: 2, training: true }));
    const odd = [-1, 0, 1, 2, 3, 7, 64, 1 << 12, 1 << 20, 1 << 24, (1 << 24) + 1, 0x7fffffff, -0x80000000];
    const core = createCore();
    const { exports: wasm, base } = core;
    const at = base + 65536;
    const mostNumbers = 1 << 18;
    core.reserve(65536 + wasm.session_bytes() + mostNumbers * 4 + (1 << 20));
    const samplesAt = at + wasm.session_bytes() + mostNumbers * 4;
    let ran = 0;
    let refused = 0;
    for (let i = 0; i < 20_000; i++) {
      const words = originals[random.below(originals.length)].slice();
      for (let k = random.below(3); k >= 0; k--) words[random.below(words.length)] = odd[random.below(odd.length)];
      core.int32(base, words.length).set(words);
      const numbers = wasm.session_plan(at, base, words.length - (random.below(50) === 0 ? 1 : 0));
      if (numbers < 0) refused++;
      if (numbers < 0 || numbers > mostNumbers || wasm.input_size(at) + wasm.output_size(at) > 1 << 16) continue;
      wasm.session_open(at);
      wasm.set_samples(at, samplesAt, samplesAt, 1, 0, 0, 0, 0);
      wasm.begin_pass(at);
      wasm.pass(at, 1);
      ran++;
    }
    assert.ok(ran > 2000 && refused > 2000, `${ran} ran, ${refused} were refused`);
  });
});
