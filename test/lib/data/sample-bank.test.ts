import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { type BankOptions, type Eviction, sampleBank } from '../../../lib/data/sample-bank';
import { type BankStore, loadBank, saveBank } from '../../../lib/data/sample-bank-file';
import type { SampleBlock } from '../../../lib/training/engine';

const samples = (...values: number[]): SampleBlock => ({
  features: Float32Array.from(values.flatMap((v) => [v, -v])),
  targets: Float32Array.from(values.map((v) => v % 2)),
  count: values.length,
});
const options = (capacity: number, eviction: Eviction = 'oldest'): BankOptions => ({
  width: 2,
  targetWidth: 1,
  capacity,
  eviction,
});
const held = ({ features }: SampleBlock): number[] => [...features].filter((_, i) => i % 2 === 0);
const range = (n: number, from = 0): number[] => Array.from({ length: n }, (_, i) => from + i);

function memoryStore(first?: Buffer): BankStore & { bytes?: Buffer; aside: Buffer[] } {
  return {
    bytes: first,
    aside: [],
    async read() {
      return this.bytes;
    },
    async write(bytes) {
      this.bytes = bytes;
    },
    async setAside() {
      this.aside.push(this.bytes as Buffer);
      this.bytes = undefined;
      return `samples.old-${this.aside.length}`;
    },
  };
}

describe('sample bank', () => {
  it('holds features and targets side by side, in shared memory', () => {
    const bank = sampleBank(options(10));
    bank.add(samples(1, 2));
    bank.add(samples(3));
    const block = bank.block();
    assert.deepEqual([...block.features], [1, -1, 2, -2, 3, -3]);
    assert.deepEqual([...block.targets], [1, 0, 1]);
    assert.ok(block.features.buffer instanceof SharedArrayBuffer && block.features.buffer === block.targets.buffer);
    assert.deepEqual([bank.count, bank.seen, bank.bytes], [3, 3, 36]);
  });

  it('evicts the oldest', () => {
    const bank = sampleBank(options(5));
    for (const v of range(12)) bank.add(samples(v));
    assert.deepEqual(held(bank.block()).sort(), [10, 11, 7, 8, 9].sort());
    assert.deepEqual([bank.count, bank.seen], [5, 12]);
  });

  it('is bounded by bytes too', () => {
    const bank = sampleBank({ ...options(1000), maxBytes: 100 });
    bank.add(samples(...range(50)));
    assert.deepEqual([bank.capacity, bank.count, bank.bytes], [8, 8, 96]);
  });

  it('reservoir: keeps every sample with the same chance', () => {
    const [capacity, stream, runs] = [10, 50, 600];
    const kept = new Array<number>(stream).fill(0);
    for (let seed = 0; seed < runs; seed++) {
      const bank = sampleBank({ ...options(capacity, 'reservoir'), seed });
      bank.add(samples(...range(stream)));
      for (const v of held(bank.block())) kept[v] += 1;
    }
    // Each is kept in 120 of 600 runs; standard deviation 9.8, so five of them for 50 samples.
    for (const n of kept) assert.ok(Math.abs(n - 120) < 49, String(n));
  });

  it('lends a view that stays as it is, whatever comes later', () => {
    for (const eviction of ['oldest', 'reservoir'] as const) {
      const bank = sampleBank({ ...options(100, eviction) });
      const lent: { block: SampleBlock; copy: number[] }[] = [];
      for (const v of range(400)) {
        bank.add(samples(v));
        if (v % 7 === 0) {
          const block = bank.block();
          lent.push({ block, copy: [...block.features, ...block.targets] });
        }
      }
      for (const { block, copy } of lent) assert.deepEqual([...block.features, ...block.targets], copy);
    }
  });

  it('copies nothing while it only grows within its memory', () => {
    const bank = sampleBank(options(60));
    bank.add(samples(1));
    const first = bank.block();
    bank.add(samples(2));
    assert.equal(bank.block().features.buffer, first.features.buffer);
  });

  it('tells statistics of what it holds', () => {
    const bank = sampleBank(options(2));
    bank.add(samples(9, 1, 2));
    assert.deepEqual([...bank.statistics()], [2, 3, -3, 5, 5]);
  });

  it('refuses samples of another size, and sizes that hold nothing', () => {
    const bank = sampleBank(options(2));
    assert.throws(() => bank.add({ features: new Float32Array(3), targets: new Float32Array(1), count: 1 }), {
      code: 'feature-count',
    });
    assert.throws(() => sampleBank({ ...options(5), maxBytes: 4 }), { code: 'bank-size' });
  });
});

describe('sample bank on disk', () => {
  it('comes back with the same samples in the same places, and goes on the same', async () => {
    for (const eviction of ['oldest', 'reservoir'] as const) {
      for (const n of [0, 3, 5, 13]) {
        const store = memoryStore();
        const bank = sampleBank(options(5, eviction));
        bank.add(samples(...range(n)));
        await saveBank(bank, store);
        const again = sampleBank(options(5, eviction));
        assert.equal(await loadBank(again, store), undefined);
        for (const each of [bank, again]) each.add(samples(...range(9, 100)));
        assert.deepEqual(again.block(), bank.block());
        assert.equal(again.seen, bank.seen);
      }
    }
  });

  it('keeps the newest when the room became smaller, and fills up when it became larger', async () => {
    const store = memoryStore();
    const bank = sampleBank(options(5));
    bank.add(samples(...range(7)));
    await saveBank(bank, store);
    const smaller = sampleBank(options(3));
    await loadBank(smaller, store);
    assert.deepEqual(held(smaller.block()), [4, 5, 6]);
    smaller.add(samples(7));
    assert.deepEqual(held(smaller.block()), [7, 5, 6]);
    const larger = sampleBank(options(8));
    await loadBank(larger, store);
    larger.add(samples(7, 8, 9, 10));
    assert.deepEqual(
      held(larger.block()).sort((a, b) => a - b),
      range(8, 3),
    );
  });

  it('a reservoir goes on in a larger or a smaller room', async () => {
    const store = memoryStore();
    const bank = sampleBank(options(6, 'reservoir'));
    bank.add(samples(...range(30, 1)));
    const before = held(bank.block());
    await saveBank(bank, store);
    const larger = sampleBank(options(10, 'reservoir'));
    await loadBank(larger, store);
    larger.add(samples(...range(40, 100)));
    assert.equal(larger.count, 10);
    assert.ok(
      held(larger.block()).every((v) => v >= 100 || before.includes(v)),
      String(held(larger.block())),
    );
    const smaller = sampleBank(options(3, 'reservoir'));
    await loadBank(smaller, store);
    const kept = held(smaller.block());
    assert.ok(kept.length === 3 && new Set(kept).size === 3 && kept.every((v) => before.includes(v)));
    assert.equal(smaller.seen, 30);
  });

  it('sets samples of another shape aside and starts empty, with a sentence', async () => {
    const store = memoryStore();
    const bank = sampleBank({ width: 3, targetWidth: 0, capacity: 4, eviction: 'oldest' });
    bank.add({ features: new Float32Array(3), targets: new Float32Array(0), count: 1 });
    await saveBank(bank, store);
    const other = sampleBank(options(4));
    assert.match(
      (await loadBank(other, store)) ?? '',
      /3 features and 0 targets, the model has 2 and 1; they were set aside as samples.old-1/,
    );
    assert.deepEqual([other.count, store.aside.length, store.bytes], [0, 1, undefined]);
  });

  it('notices every changed or missing byte', async () => {
    const good = memoryStore();
    const bank = sampleBank(options(4));
    bank.add(samples(1, 2, 3));
    await saveBank(bank, good);
    const bytes = good.bytes as Buffer;
    const damaged = [
      Buffer.alloc(0),
      Buffer.from('hello'),
      bytes.subarray(0, bytes.length - 1),
      Buffer.concat([bytes, bytes]),
    ];
    for (let at = 0; at < bytes.length; at++) {
      const copy = Buffer.from(bytes);
      copy[at] ^= 1 << (at % 8);
      damaged.push(copy);
    }
    for (const copy of damaged) {
      const store = memoryStore(copy);
      const empty = sampleBank(options(4));
      assert.match((await loadBank(empty, store)) ?? '', /cannot be read.*set aside/);
      assert.equal(empty.count, 0);
    }
  });
});
