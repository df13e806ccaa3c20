import assert from 'node:assert/strict';
import { exportModel } from '../../../lib/export';
import { createCoreEngine } from '../../../lib/training/core/engine';
import { entries, jobOf } from './models';
import { type ReadFile, readTflite } from './read-tflite';

// The schema's numbers.
const [FLOAT32, INT32, INT8] = [0, 2, 9];
const code = {
  AVERAGE_POOL: 1,
  CONV: 3,
  DEPTHWISE: 4,
  DENSE: 9,
  LOGISTIC: 14,
  MAX_POOL: 17,
  RESHAPE: 22,
  SOFTMAX: 25,
  TANH: 28,
};

const engine = createCoreEngine();

async function filesOf(entry: (typeof entries)[number]): Promise<{ float32: ReadFile; int8: ReadFile }> {
  const { files } = await exportModel(jobOf(entry, 50), engine);
  const read = (format: string): ReadFile => {
    const file = files.find((one) => one.format === format);
    assert.ok(file);
    return readTflite(file.bytes);
  };
  return { float32: read('tflite-float32'), int8: read('tflite-int8') };
}

const withWeights = [code.CONV, code.DEPTHWISE, code.DENSE];

describe('exported .tflite files, read back', () => {
  for (const entry of entries) {
    it(`${entry.name}: what every reader needs`, async () => {
      for (const file of Object.values(await filesOf(entry))) {
        assert.equal(file.identifier, 'TFL3');
        assert.equal(file.version, 3);
        assert.equal(file.buffers[0], undefined, 'buffer 0 must be empty');
        for (const buffer of file.buffers.slice(1)) {
          assert.ok(buffer && buffer.bytes > 0);
          assert.equal(buffer.at % 16, 0, 'kernels read weights in place');
        }
        for (const { deprecated, builtin } of file.codes) assert.equal(deprecated, builtin);
        assert.equal(file.inputs.length, 1);
        assert.equal(file.outputs.length, 1);
        const names = file.tensors.map(({ name }) => name);
        assert.ok(names.every((name) => name.length > 0));
        assert.equal(new Set(names).size, names.length);
        // A chain: each operator takes what the one before made.
        let last = file.inputs[0];
        for (const { inputs, outputs } of file.operators) {
          assert.equal(inputs[0], last);
          [last] = outputs;
        }
        assert.equal(last, file.outputs[0]);
      }
    });

    it(`${entry.name}: codes as boards' kernels take them`, async () => {
      const { int8, float32 } = await filesOf(entry);
      assert.ok(float32.tensors.every(({ type, scale }) => (type === FLOAT32 || type === INT32) && !scale));
      for (const { name, type, scale, zeroPoint } of int8.tensors) {
        if (name.endsWith('/shape')) continue;
        assert.ok(type === INT8 || type === INT32, name);
        assert.ok(scale && scale.length > 0 && scale.every((one) => one > 0), name);
        assert.equal(zeroPoint?.length, scale.length, `${name}: a scale without zero points is taken for none`);
      }
      for (const operator of int8.operators) {
        const kind = int8.codes[operator.code].builtin;
        const [input, weights, bias] = operator.inputs.map((index) => int8.tensors[index]);
        const output = int8.tensors[operator.outputs[0]];
        if (kind === code.SOFTMAX || kind === code.LOGISTIC) {
          assert.deepEqual([output.scale, output.zeroPoint], [[1 / 256], [-128]]);
        } else if (kind === code.TANH) assert.deepEqual([output.scale, output.zeroPoint], [[1 / 128], [0]]);
        else if (kind === code.RESHAPE || kind === code.MAX_POOL || kind === code.AVERAGE_POOL) {
          assert.deepEqual([output.scale, output.zeroPoint], [input.scale, input.zeroPoint]);
        }
        if (!withWeights.includes(kind)) continue;
        const channels = weights.shape[kind === code.DEPTHWISE ? 3 : 0];
        assert.equal(bias.type, INT32);
        assert.deepEqual(bias.shape, [channels]);
        assert.equal(weights.scale?.length, kind === code.DENSE ? 1 : channels);
        if (kind !== code.DENSE) assert.equal(weights.axis, kind === code.DEPTHWISE ? 3 : 0);
        assert.ok(weights.zeroPoint?.every((zero) => zero === 0));
        const codes = int8.int8(weights.buffer);
        assert.equal(
          codes.length,
          weights.shape.reduce((all, one) => all * one, 1),
        );
        assert.ok(codes.every((one) => one >= -127));
        weights.scale?.forEach((scale, i) => {
          const product = scale * (input.scale?.[0] ?? 0);
          const off = Math.abs(product - (bias.scale?.[i] ?? 0)) / (output.scale?.[0] ?? 1);
          assert.ok(off <= 0.02, `the bias scale is ${off} of the output's away`);
        });
      }
    });
  }

  it('names each different operator once', async () => {
    for (const entry of entries) {
      const { float32 } = await filesOf(entry);
      const builtins = float32.codes.map(({ builtin }) => builtin);
      assert.equal(new Set(builtins).size, builtins.length);
    }
  });

  it('puts the normalisation into the first layer where that changes nothing, else in front of it', async () => {
    const first = async (name: string): Promise<number[]> => {
      const entry = entries.find((one) => one.name === name);
      assert.ok(entry);
      const { float32 } = await filesOf(entry);
      return float32.operators.map((operator) => float32.codes[operator.code].builtin);
    };
    assert.deepEqual(await first('dense'), [code.DENSE, code.DENSE, code.SOFTMAX]);
    assert.deepEqual((await first('conv1d')).slice(0, 2), [code.RESHAPE, code.CONV]);
    assert.deepEqual((await first('depthwise first')).slice(0, 2), [code.DEPTHWISE, code.CONV]);
    const shifted = [code.RESHAPE, code.DEPTHWISE, code.RESHAPE];
    assert.deepEqual((await first('conv1d, every feature shifted by itself')).slice(0, 3), shifted);
    // The zeros of the padding stand for normalised zeros.
    assert.deepEqual((await first('conv2d')).slice(0, 3), shifted);
  });

  it('an int8 file takes raw features where one scale suits them, and an autoencoder normalised ones', async () => {
    const takes = async (name: string): Promise<(string | undefined)[]> => {
      const entry = entries.find((one) => one.name === name);
      assert.ok(entry);
      const { report } = await exportModel(jobOf(entry, 50), engine);
      return report.files.filter(({ format }) => format.startsWith('tflite')).map(({ features }) => features);
    };
    assert.deepEqual(await takes('alike'), ['raw', 'raw']);
    assert.deepEqual(await takes('dense'), ['raw', 'normalised']);
    assert.deepEqual(await takes('leaky'), ['raw', 'raw']);
    assert.deepEqual(await takes('autoencoder'), ['normalised', 'normalised']);
  });

  it('tells what a resolver must have, and no less memory than the tensors take', async () => {
    for (const entry of entries) {
      const { report } = await exportModel(jobOf(entry, 20), engine);
      for (const { operators = [], resolver = [], arenaBytes = 0, format } of report.files) {
        if (format === 'tfjs') continue;
        assert.equal(operators.length, resolver.length);
        assert.ok(resolver.every((line) => /^Add[A-Z]\w+\(\);$/.test(line)));
        assert.ok(arenaBytes > 0 && arenaBytes % 16 === 0);
      }
    }
  });
});
