import assert from 'node:assert/strict';
import { virtualBoard } from '../../lib/board/virtual/virtual-board';
import { parseSpec } from '../../lib/model';
import { type Bench, createBench } from './bench';
import { type FederationPlan, type Member, onGateways, runFederation } from './members';
import { assertStack } from './stack';

const dense = parseSpec({
  version: 1,
  task: 'classify',
  input: [9],
  layers: [
    { type: 'dense', units: 14, activation: 'relu' },
    { type: 'dense', units: 3, activation: 'softmax' },
  ],
  labels: ['low', 'middle', 'high'],
  seed: 11,
});
const conv1d = parseSpec({
  version: 1,
  task: 'classify',
  input: [16, 2],
  layers: [
    { type: 'conv1d', filters: 5, kernelSize: 3, activation: 'relu' },
    { type: 'max_pool1d', poolSize: 2 },
    { type: 'flatten' },
    { type: 'dense', units: 3, activation: 'softmax' },
  ],
  labels: ['low', 'middle', 'high'],
  seed: 12,
});

describe('a federation of boards in QEMU, virtual boards and a gateway', function () {
  this.timeout(900_000);
  let bench: Bench;
  beforeEach(() => {
    bench = createBench();
  });
  afterEach(() => bench.close());

  const cases: (Pick<FederationPlan, 'spec' | 'training'> & { name: string })[] = [
    {
      name: 'dense, sgd',
      spec: dense,
      training: { epochs: 2, batchSize: 8, optimizer: 'sgd', learningRate: 0.05, l2: 0.001 },
    },
    {
      name: 'conv1d, adam',
      spec: conv1d,
      training: { epochs: 1, batchSize: 7, optimizer: 'adam', learningRate: 0.01 },
    },
  ];
  for (const { name, spec, training } of cases) {
    it(`has after 100 rounds the bits of one on gateways alone (${name})`, async () => {
      const virtual = [virtualBoard(), virtualBoard()];
      const [gcc, clang] = [await bench.board('gcc'), await bench.board('clang')];
      const members: Member[] = [
        { name: 'QEMU, gcc', bits: 0, openLine: gcc.openLine },
        { name: 'QEMU, clang', bits: 8, openLine: clang.openLine },
        { name: 'virtual', bits: 0, openLine: virtual[0].openLine },
        { name: 'virtual, 8 bits', bits: 8, openLine: virtual[1].openLine },
        { name: 'gateway', bits: 0 },
      ];
      const plan = { spec, rows: 40, rounds: 100, training, members };
      try {
        const mixed = await runFederation(plan);
        const alone = await runFederation(onGateways(plan));
        assert.deepEqual(mixed.refused, []);
        assert.deepEqual(mixed.updates, Array(100).fill(members.length));
        assert.ok(Buffer.from(mixed.weights.buffer).equals(Buffer.from(alone.weights.buffer)));
        await assertStack(gcc.qemu, 'gcc');
        await assertStack(clang.qemu, 'clang');
        // It has learned something: not the weights that it began with.
        const short = await runFederation(onGateways({ ...plan, rounds: 1 }));
        assert.ok(!Buffer.from(short.weights.buffer).equals(Buffer.from(alone.weights.buffer)));
      } finally {
        await Promise.all(virtual.map((board) => board.close()));
      }
    });
  }
});
