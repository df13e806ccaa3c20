// The core's int8 forward pass gives the bytes of TensorFlow Lite Micro's reference kernels, for random networks that
// TensorFlow's converter wrote. TensorFlow's own interpreter rounds elsewhere: nearly all of its outputs are within one step.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const NETWORKS = 40;

/** All rows of a network, as bytes, from the bytes of its input. */
function allRows(network, rows, float) {
  const { inputSize } = network;
  if (float) {
    const features = new Float32Array(new Uint8Array(rows).buffer);
    return Buffer.from(network.predict(features, features.length / inputSize).buffer);
  }
  const codes = new Int8Array(rows);
  const results = [];
  for (let at = 0; at < codes.length; at += inputSize) {
    results.push(Buffer.from(network.predictCodes(codes.subarray(at, at + inputSize)).buffer));
  }
  return Buffer.concat(results);
}

export default function check({ python, directory, report, requireBuilt, seed }) {
  const { openInt8 } = requireBuilt('lib/core/int8.js');
  python('int8.py', [directory, seed, NETWORKS]);
  const networks = JSON.parse(readFileSync(join(directory, 'networks.json'), 'utf8'));
  const done = new Map();
  let bytes = 0;
  let outputsSeen = 0;
  let outputsNear = 0;
  for (const { name, float, outputs, near } of networks) {
    outputsSeen += outputs;
    outputsNear += near;
    const read = (ending) => readFileSync(join(directory, `${name}.${ending}`));
    try {
      const network = openInt8(read('tflite'));
      const expected = read('out');
      const found = allRows(network, Uint8Array.from(read('in')), float);
      bytes += expected.length;
      report(found.equals(expected), `${name}: not the bytes of the reference kernels`);
      for (const { name: operator, count } of network.operators) done.set(operator, (done.get(operator) ?? 0) + count);
    } catch (error) {
      report(false, `${name}: ${error.message}`);
    }
  }
  report(networks.length === 4 * NETWORKS, `only ${networks.length} networks`);
  report(outputsNear > 0.99 * outputsSeen, `TensorFlow's interpreter: ${outputsNear} of ${outputsSeen} are near`);
  const operators = [...done].map(([operator, count]) => `${count} ${operator}`).join(', ');
  console.log(`${networks.length} networks, ${bytes} bytes of outputs: ${operators}`);
  console.log(`TensorFlow's own interpreter: ${outputsNear} of ${outputsSeen} outputs within one step`);
}
