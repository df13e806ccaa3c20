/** Aggregation of 1,000 updates of 10,000 numbers: the exact fold against copying them, Krum against plain loops. */
import { createKernels } from '../lib/core';
import { generator } from '../lib/random/generator';
import { krumScores } from '../lib/robust/krum';
import { compare, type Row } from './measure';

const UPDATES = 1000;
const LENGTH = 10_000;
const ATTACKERS = 200;

/** Krum as one writes it with care in JavaScript: direct differences, half of the matrix, no allocation in the loops. */
function plainKrum(vectors: Float32Array[]): Float64Array {
  const count = vectors.length;
  const distances = new Float64Array(count * count);
  for (let i = 0; i < count; i++) {
    const a = vectors[i];
    for (let j = i + 1; j < count; j++) {
      const b = vectors[j];
      let sum = 0;
      for (let k = 0; k < a.length; k++) {
        const d = a[k] - b[k];
        sum += d * d;
      }
      distances[i * count + j] = distances[j * count + i] = sum;
    }
  }
  return krumScores(distances, count, ATTACKERS);
}

export async function fold(): Promise<Row[]> {
  const random = generator(1, 'bench fold');
  const vectors = Array.from({ length: UPDATES }, () =>
    Float32Array.from({ length: LENGTH }, () => random.uniform() - 0.5),
  );
  const kernels = createKernels();
  const sum = kernels.fold(LENGTH);
  const copies = new Float32Array(UPDATES * LENGTH);
  const folding = await compare(
    () => {
      sum.reset();
      for (const [i, vector] of vectors.entries()) sum.add(vector, 1 + (i % 100));
      return sum.mean(UPDATES);
    },
    () => {
      for (const [i, vector] of vectors.entries()) copies.set(vector, i * LENGTH);
    },
    { turns: 15, ms: 60 },
  );
  const krum = await compare(
    () => krumScores(kernels.squaredDistances(vectors), UPDATES, ATTACKERS),
    () => plainKrum(vectors),
    { turns: 1, ms: 1 },
  );
  return [
    {
      name: 'fold/fedavg',
      value: (UPDATES * LENGTH) / folding.ours / 1e6,
      unit: 'M numbers/s',
      against: 'memcpy',
      ratio: folding.ratio,
    },
    { name: 'fold/krum', value: krum.ours, unit: 's', against: 'javascript', ratio: krum.ratio },
  ];
}
