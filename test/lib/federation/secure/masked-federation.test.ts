/** A federation whose aggregator sees masked updates alone: the same model, whoever drops out, or no model at all. */
import assert from 'node:assert/strict';
import { generator } from '../../../../lib/random/generator';
import type { FederationHeader, Message, SecureHeader } from '../../../../lib/update/message';
import { toyFederation } from '../toy';
import { type MaskedToy, type MaskedWish, maskedToy } from './masked-toy';

const clients = ['a', 'b', 'c', 'd', 'e'];
const DEADLINE = 60_000;

type Any = Message<FederationHeader>;
const isUpdate = ({ fl }: Any): boolean => fl.kind === 'update';
const stepOf = ({ fl }: Any): string | undefined => (fl.kind === 'secure' ? fl.step : undefined);

/** The same federation without masks; the updates of those `without` never come. */
async function plain(options: object = {}, without: string[] = []): Promise<Float32Array> {
  const toy = await toyFederation({
    clients,
    options: { minClients: 5, quorum: 3, ...options },
    up: (message) =>
      'client' in message.fl && isUpdate(message) && without.includes(message.fl.client) ? undefined : message,
  });
  for (const participant of toy.participants.values()) participant.samplesChanged();
  await toy.settle();
  if (without.length > 0) toy.clock.advance(DEADLINE);
  await toy.settle();
  const { weights } = toy.coordinator.snapshot();
  await toy.close();
  return weights;
}

/** Within what rounding to codes may move a mean. */
function assertClose(found: ArrayLike<number>, wanted: ArrayLike<number>): void {
  assert.equal(found.length, wanted.length);
  for (let i = 0; i < wanted.length; i++) {
    assert.ok(Math.abs(found[i] - wanted[i]) < 1e-3, `number ${i} is ${found[i]}, not ${wanted[i]}`);
  }
}

/** Lets a round take all the time that its steps may take. */
async function pass(toy: MaskedToy): Promise<void> {
  for (let quarter = 0; quarter < 9; quarter++) {
    await toy.settle();
    toy.clock.advance(DEADLINE / 4);
  }
  await toy.settle();
}

async function oneRound(wish: Partial<MaskedWish>): Promise<MaskedToy> {
  const toy = await maskedToy({ clients, ...wish, options: { rounds: 1, ...wish.options } });
  await pass(toy);
  return toy;
}

describe('a federation with masked updates', () => {
  it('comes to the model that it comes to without masks', async () => {
    const toy = await maskedToy({ clients });
    await toy.settle();
    const { phase, weights } = toy.coordinator.snapshot();
    assert.deepEqual([toy.refused, toy.complaints], [[], []]);
    assert.equal(phase, 'finished');
    assertClose(weights, await plain());
    assert.equal(toy.metrics.length, 3);
    for (const { updates, samples, secure, loss } of toy.metrics) {
      assert.deepEqual([updates, samples, secure], [5, 100, { masked: 5, dropped: 0 }]);
      assert.equal(loss, undefined);
    }
    await toy.close();
  });

  it('does so with strategies that make more of the mean, and with more updates than it needs', async () => {
    for (const strategy of [{ name: 'feddyn' }, { name: 'fedadam' }, { name: 'fedavgm' }] as const) {
      const toy = await maskedToy({ clients, options: { strategy } });
      await toy.settle();
      assert.deepEqual([toy.refused, toy.complaints], [[], []], strategy.name);
      assertClose(toy.coordinator.snapshot().weights, await plain({ strategy }));
      await toy.close();
    }
    const over = { sampler: { name: 'random', count: 4 }, timing: { mode: 'rounds', overSelect: 0.25 } } as const;
    const toy = await maskedToy({ clients, options: { ...over, rounds: 2 } });
    await toy.settle();
    assert.equal(toy.coordinator.snapshot().phase, 'finished');
    assert.deepEqual(
      toy.metrics.map(({ updates, cohort }) => [updates, cohort]),
      [
        [4, 5],
        [4, 5],
      ],
    );
    await toy.close();
  });

  it('shows of an update nothing but who made it: other bytes each time, no loss, no count', async () => {
    const first = await oneRound({});
    const second = await oneRound({});
    const [ones, others] = [first, second].map(({ up }) => up.filter(isUpdate));
    assert.equal(ones.length, 5);
    for (const { fl, payload } of ones) {
      assert.ok(fl.kind === 'update');
      assert.deepEqual([fl.samples, fl.metrics, fl.errors, fl.codecs], [1, undefined, undefined, [{ name: 'mask' }]]);
      // Three numbers and their weight.
      assert.equal(payload.length, 16);
      assert.ok(!others.some((other) => other.payload.equals(payload)));
    }
    await first.close();
    await second.close();
  });

  for (const [step, counts] of [
    ['keys', false],
    ['shares', false],
    ['update', false],
    ['unmask', true],
  ] as const) {
    it(`finds the sum of the others when a client is gone before its "${step}"`, async () => {
      let toy: MaskedToy | undefined;
      const up = (message: Any, client: string): unknown => {
        const now = stepOf(message) ?? message.fl.kind;
        if (client !== 'e' || now !== step) return message;
        toy?.cut('e');
        return undefined;
      };
      toy = await maskedToy({ clients, up, options: { rounds: 1 } });
      await pass(toy);
      const [told] = toy.metrics;
      assert.deepEqual([told.void, told.updates], [undefined, counts ? 5 : 4]);
      assert.deepEqual(told.secure, { masked: told.updates, dropped: 5 - told.updates });
      assertClose(toy.coordinator.snapshot().weights, await plain({ rounds: 1 }, counts ? [] : ['e']));
      assert.deepEqual(toy.refused, []);
      await toy.close();
    });
  }

  it('makes a round void, with its reason, when too few are left to open the sum; and asks it anew', async () => {
    let isBad = true;
    const up = (message: Any, client: string): unknown =>
      isBad && stepOf(message) === 'unmask' && 'bcd'.includes(client) ? undefined : message;
    const toy = await maskedToy({ clients, up, options: { rounds: 1 } });
    const before = [...toy.coordinator.snapshot().weights];
    await toy.settle();
    toy.clock.advance(DEADLINE / 4);
    await toy.settle();
    assert.match(toy.metrics[0].void ?? '', /\w{4,}.*\.$/);
    assert.deepEqual([...toy.coordinator.snapshot().weights], before);
    isBad = false;
    await pass(toy);
    assert.equal(toy.metrics[1].void, undefined);
    assertClose(toy.coordinator.snapshot().weights, await plain({ rounds: 1 }));
    // Other keys and other masks for the same round.
    const keys = toy.up.filter((message) => stepOf(message) === 'keys').map(({ payload }) => payload.toString('hex'));
    assert.equal(new Set(keys).size, 10);
    const masked = toy.up.filter(isUpdate).map(({ payload }) => payload.toString('hex'));
    assert.equal(new Set(masked).size, 10);
    await toy.close();
  });

  it('is void before its time when too few set masks up, which is held against the silent alone', async () => {
    const toy = await maskedToy({
      clients,
      options: { rounds: 1, missesUntilAway: 1 },
      up: (message, client) => (stepOf(message) === 'keys' && 'abc'.includes(client) ? undefined : message),
    });
    await toy.settle();
    toy.clock.advance(DEADLINE / 4);
    await toy.settle();
    assert.match(toy.metrics[0].void ?? '', /keys/);
    const away = toy.coordinator.snapshot().registry.filter((record) => record.away);
    assert.deepEqual(
      away.map(({ client }) => client),
      ['a', 'b', 'c'],
    );
    await toy.close();
  });

  it('takes a masker that was started anew for one that dropped out, until the next round', async () => {
    for (const step of ['keys', 'shares', 'update'] as const) {
      let toy: MaskedToy | undefined;
      let isOver = false;
      const up = (message: Any, client: string): unknown => {
        if (!isOver && client === 'e' && (stepOf(message) ?? message.fl.kind) === step) {
          isOver = true;
          setImmediate(() => toy?.restart('e'));
        }
        return message;
      };
      toy = await maskedToy({ clients, up, options: { rounds: 2 } });
      await pass(toy);
      assert.equal(toy.coordinator.snapshot().phase, 'finished', step);
      const [first, second] = toy.metrics.filter((told) => told.void === undefined);
      assert.equal(first.updates, step === 'update' ? 5 : 4, step);
      // It knows its client again by what that has said since.
      assert.ok(second.updates >= 4, step);
      await toy.close();
    }
  });

  it('never takes a wrong sum: what a client lies at the end makes the round void or is found out', async () => {
    const right = await plain({ rounds: 1 });
    const random = generator(3, 'lies');
    for (let lie = 0; lie < 8; lie++) {
      const up = (message: Any, client: string): unknown => {
        if (client !== 'b' || stepOf(message) !== 'unmask') return message;
        const payload = Buffer.from(message.payload);
        for (let i = 0; i <= random.below(4); i++) payload[random.below(payload.length)] ^= 1 + random.below(255);
        return { ...message, payload };
      };
      const toy = await maskedToy({ clients, up, options: { rounds: 1 } });
      const before = [...toy.coordinator.snapshot().weights];
      await toy.settle();
      toy.clock.advance(DEADLINE / 4);
      await toy.settle();
      const { weights } = toy.coordinator.snapshot();
      if (toy.metrics[0].void === undefined) assertClose(weights, right);
      else assert.deepEqual([...weights], before);
      await toy.close();
    }
  });

  it('stands rubbish in every message of the masks, from everybody', async () => {
    const random = generator(5, 'rubbish');
    const rubbish = (message: Any): Any => {
      if (message.fl.kind !== 'secure' || random.below(12) > 0) return message;
      const fl = { ...message.fl } as SecureHeader;
      let payload = Buffer.from(message.payload);
      const kind = random.below(5);
      if (kind === 0) payload = payload.subarray(0, random.below(payload.length + 1));
      else if (kind === 1) payload = Buffer.concat([payload, Buffer.from([1, 2, 3])]);
      else if (kind === 2) fl.step = (['keys', 'shares', 'survivors', 'unmask'] as const)[random.below(4)];
      else if (kind === 3) fl.attempt = 'x.1';
      else if (payload.length > 0) payload[random.below(payload.length)] ^= 255;
      return { fl, payload };
    };
    const right = await plain({ rounds: 1 });
    let done = 0;
    for (let times = 0; times < 12; times++) {
      const toy = await maskedToy({ clients, up: rubbish, down: rubbish, options: { rounds: 1 } });
      await pass(toy);
      for (const told of toy.metrics.filter((record) => record.void === undefined)) {
        done++;
        if (told.updates === 5) assertClose(toy.coordinator.snapshot().weights, right);
      }
      for (const { code } of [...toy.refused, ...toy.complaints]) assert.notEqual(code, 'internal');
      await toy.close();
    }
    assert.ok(done > 3, `${done} rounds came through`);
  });

  it('goes on after the aggregator was killed while it opened a sum', async () => {
    const kept = new Map<string, unknown>();
    const store = {
      read: async (name: string) => kept.get(name) as never,
      write: async (name: string, record: unknown) => {
        kept.set(name, record);
      },
    };
    const options = { rounds: 2 };
    let silent = true;
    const up = (message: Any): unknown => (silent && stepOf(message) === 'unmask' ? undefined : message);
    const first = await maskedToy({ clients, up, options, parts: { store } });
    await first.settle();
    assert.equal(first.coordinator.snapshot().phase, 'saving');
    await first.close();
    silent = false;
    const second = await maskedToy({ clients, up, options, parts: { store } });
    await pass(second);
    assert.equal(second.coordinator.snapshot().phase, 'finished');
    assertClose(second.coordinator.snapshot().weights, await plain(options));
    await second.close();
  });
});
