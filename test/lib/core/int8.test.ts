import assert from 'node:assert/strict';
import { type Int8Network, openInt8 } from '../../../lib/core';
import { type Generator, generator } from '../../../lib/random/generator';
import { RefusedError } from '../../../lib/refused';
import { readFile } from '../../core/int8/file';
import { fixture, hasFloatEdges, inputOf, names, outputOf, predictRows, refusedNames } from '../../core/int8/fixtures';
import { slowForward } from '../../core/int8/model';
import { openTflite } from '../tflite-interpreter';

const inCodes = names.filter((name) => !hasFloatEdges(name));
const floats = (bytes: Uint8Array): Float32Array => new Float32Array(bytes.slice().buffer);

/**
 * Interpreters that round differently are a step apart. A softmax makes more of it: where one of its inputs is off by a step s,
 * a probability p moves by p (1 - p) s, at most s / 4, in steps of 1/256.
 */
function stepsApart(file: Uint8Array): number {
  const { operators, tensors } = readFile(file);
  const last = operators[operators.length - 1];
  return last.code === 25 ? Math.max(1, Math.ceil(64 * tensors[last.inputs[0]].scales[0])) : 1;
}

describe('int8 networks', () => {
  for (const name of inCodes) {
    it(`${name}: the bytes of TensorFlow Lite Micro's reference kernels`, () => {
      assert.deepEqual(predictRows(openInt8(fixture(name)), inputOf(name)), outputOf(name));
    });
  }

  it('float32 in and out: the numbers of the reference kernels, to the bit', () => {
    const network = openInt8(fixture('float-edges'));
    const rows = floats(inputOf('float-edges'));
    assert.deepEqual(network.predict(rows, rows.length / network.inputSize), floats(outputOf('float-edges')));
  });

  it('numbers go through the scale and zero point of the file, rounded and saturated', () => {
    const network = openInt8(fixture('relu6'));
    const { scale, zeroPoint } = network.input;
    const row = Float32Array.from({ length: 12 }, (_, i) => (i - 6) * 0.77);
    row[0] = 1e30;
    row[1] = -1e30;
    const codes = Int8Array.from(row, (x) => {
      const steps = Math.fround(x / scale);
      return Math.min(127, Math.max(-128, Math.sign(steps) * Math.floor(Math.abs(steps) + 0.5) + zeroPoint));
    });
    const expected = Array.from(network.predictCodes(codes), (code) =>
      Math.fround(network.output.scale * (code - network.output.zeroPoint)),
    );
    assert.deepEqual([...network.predict(row, 1)], expected);
  });

  for (const name of inCodes) {
    it(`${name}: TensorFlow Lite in WebAssembly is at most one step away`, async () => {
      const web = await openTflite(fixture(name));
      const network = openInt8(fixture(name));
      const rows = new Int8Array(inputOf(name).buffer);
      const most = stepsApart(fixture(name));
      for (let at = 0; at < rows.length; at += network.inputSize) {
        const row = rows.slice(at, at + network.inputSize);
        const theirs = web.run(row);
        network.predictCodes(row).forEach((code, i) => {
          assert.ok(
            Math.abs(code - theirs[i]) <= most,
            `row ${at / network.inputSize}, output ${i}: ${code}, ${theirs[i]}`,
          );
        });
      }
    });
  }

  it('say what they are: sizes, memory, operators', () => {
    const { inputSize, outputSize, arenaBytes, products, operators } = openInt8(fixture('dense'));
    assert.deepEqual([inputSize, outputSize, products], [33, 4, 33 * 20 + 20 * 4 + 4]);
    // 33 numbers and 20 are there at once, each from a multiple of 16 on.
    assert.equal(arenaBytes, 48 + 32);
    assert.deepEqual(operators, [
      { name: 'FULLY_CONNECTED', count: 2 },
      { name: 'SOFTMAX', count: 1 },
    ]);
  });

  it('a row of another length is refused', () => {
    const network = openInt8(fixture('dense'));
    assert.throws(() => network.predict(new Float32Array(34), 1), { code: 'features' });
    assert.throws(() => network.predictCodes(new Int8Array(32)), { code: 'features' });
  });

  const refusals: Record<string, [string, RegExp]> = {
    'refused-per-channel': ['tflite-per-channel', /FULLY_CONNECTED: .*per tensor/],
    'refused-float': ['tflite-type', /full integer quantisation/],
    'refused-branch': ['tflite-graph', /a chain/],
    'refused-mean': ['tflite-operator', /^MEAN: /],
    'refused-relu6': ['tflite-quantisation', /^RELU6: /],
    'refused-dynamic': ['tflite-shape', /fixed shapes/],
    'refused-subgraphs': ['tflite-graph', /one subgraph/],
    'refused-version': ['tflite-version', /another version/],
    'refused-zero-points': ['tflite-quantisation', /no scale or no zero point/],
  };
  for (const name of refusedNames) {
    it(`${name}: refused with a sentence`, () => {
      const [code, message] = refusals[name];
      assert.throws(
        () => openInt8(fixture(name)),
        (error: unknown) => {
          assert.ok(error instanceof RefusedError);
          assert.equal(error.code, code);
          assert.match(error.message, message);
          return true;
        },
      );
    });
  }
});

/** The file with other weights, biases and now and then another scale: mostly still a network, of the same shapes. */
function varied(original: Uint8Array, random: Generator, amount: number): Uint8Array {
  const file = original.slice();
  const tensors = readFile(file).tensors;
  for (const { data, type } of tensors) {
    for (let k = 0; k < amount && data.length > 0; k++) {
      const at = random.below(data.length);
      // Of a bias the low half: so that it does not drown everything.
      if (type === 9 || at % 4 < 2) data[at] = random.below(256);
    }
  }
  const scaled = tensors.filter(({ scalesAt }) => scalesAt.length > 0);
  const { scalesAt, scales } = scaled[random.below(scaled.length)];
  new DataView(file.buffer).setFloat32(scalesAt[0], scales[0] * 4 ** (2 * random.uniform() - 1), true);
  return file;
}

describe('int8 arithmetic, against exact integers', () => {
  for (const name of inCodes) {
    it(`${name}: with other weights, biases and scales`, () => {
      const random = generator(17, name);
      const original = fixture(name);
      let taken = 0;
      for (let round = 0; round < 40; round++) {
        const file = varied(original, random, 2 * round);
        let network: Int8Network;
        try {
          network = openInt8(file);
        } catch (error) {
          assert.ok(error instanceof RefusedError);
          continue;
        }
        const row = Int8Array.from({ length: network.inputSize }, () => random.below(256) - 128);
        assert.deepEqual(network.predictCodes(row), slowForward(file, row), `round ${round}`);
        taken++;
      }
      assert.ok(taken >= 5, `only ${taken} networks`);
    });
  }
});
