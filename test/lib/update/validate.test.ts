import assert from 'node:assert/strict';
import { parseHeader, parseMessage } from '../../../lib/update/validate';
import { example, examples } from './examples';
import { refused } from './refused';

const without = (value: object, name: string): object =>
  Object.fromEntries(Object.entries(value).filter(([key]) => key !== name));

describe('parseMessage', () => {
  for (const message of examples()) {
    it(`takes a ${message.fl.kind} as it is`, () => {
      const parsed = parseMessage({ ...message, _msgid: 'x', topic: 'y' });
      assert.deepEqual(parsed, message);
      assert.notEqual(parsed.fl, message.fl);
    });

    it(`takes a ${message.fl.kind} whose header went through JSON`, () => {
      assert.deepEqual(parseMessage({ fl: JSON.parse(JSON.stringify(message.fl)), payload: message.payload }), message);
    });

    it(`misses each necessary field of a ${message.fl.kind}`, () => {
      const optional = [
        ...['facts', 'maxStaleness', 'sending', 'turn', 'withheld'],
        ...['notes', 'normalisation', 'metrics', 'privacy', 'score', 'classes', 'last', 'l2'],
        ...['local', 'settled', 'startLoss', 'sums', 'labels', 'group', 'threshold', 'errors', 'secure', 'central'],
        ...['remembers', 'anew'],
      ];
      for (const name of Object.keys(message.fl)) {
        const action = () => parseMessage({ ...message, fl: without(message.fl, name) });
        if (optional.includes(name)) assert.ok(!(name in action().fl));
        else refused(name === 'kind' ? 'unknown-kind' : 'header', action);
      }
    });
  }

  it('shares the memory of the payload', () => {
    const message = example('update');
    assert.equal(parseMessage(message).payload.buffer, message.payload.buffer);
    const bytes = new Uint8Array(message.payload);
    assert.equal(parseMessage({ ...message, payload: bytes }).payload.buffer, bytes.buffer);
  });

  it('says what to do with what MQTT made of the payload', () => {
    const { fl, payload } = example('update');
    refused('payload-text', () => parseMessage({ fl, payload: payload.toString('latin1') }), /a Buffer/);
    refused('payload-json', () => parseMessage({ fl, payload: JSON.parse(JSON.stringify(payload)) }), /fl-wire/);
    refused('payload-missing', () => parseMessage({ fl }));
    refused('payload-type', () => parseMessage({ fl, payload: [1, 2, 3] }));
    refused('no-header', () => parseMessage({ payload: { fl, payload } }), /fl-wire/);
    refused('no-header', () => parseMessage({ payload }));
    refused('message', () => parseMessage(null));
  });

  it('wants exactly the bytes that the header promises', () => {
    for (const kind of ['model', 'update', 'statistics', 'samples'] as const) {
      const { fl, payload } = example(kind);
      refused('payload-size', () => parseMessage({ fl, payload: payload.subarray(1) }));
      refused('payload-size', () => parseMessage({ fl, payload: Buffer.concat([payload, Buffer.alloc(8)]) }));
    }
  });

  it('refuses statistics that are not finite, or negative where they are counts or squares', () => {
    for (const [index, value] of [
      [0, -1],
      [1, Number.NaN],
      [4, -0.1],
      [3, Number.POSITIVE_INFINITY],
    ]) {
      const { fl, payload } = example('statistics');
      payload.writeDoubleLE(value, 8 * index);
      refused('not-finite', () => parseMessage({ fl, payload }));
    }
  });
});

describe('parseHeader', () => {
  const update = (change: object): unknown => ({ ...example('update').fl, ...change });

  it('refuses what is out of range, field by field', () => {
    const wrong: [string, unknown[]][] = [
      ['kind', ['toString', '__proto__', 'constructor', 7, null, {}]],
      ['federation', ['', 'x'.repeat(101), 5, 'a\nb', '\ud800', null]],
      ['model', ['', 'ABC', example('update').fl.model.toUpperCase(), `${example('update').fl.model}0`]],
      ['round', [-1, 1.5, Number.NaN, '3', 2 ** 31, Number.POSITIVE_INFINITY, 3n]],
      ['client', ['', {}, 'x'.repeat(101)]],
      ['samples', [0, -5, 2 ** 40, '1', Number.NaN]],
      [
        'tensors',
        [[], [[1]], [[1, 0]], [[5, 2]], [[2 ** 40, 1]], Array(10).fill([2 ** 22, 1]), Array(513).fill([1, 1]), 'x'],
      ],
      [
        'codecs',
        [
          null,
          [{}],
          [{ name: 5 }],
          [{ name: 'q', bits: Number.NaN }],
          [{ name: 'q', bits: [] }],
          Array(9).fill({ name: 'q' }),
        ],
      ],
      ['expected', [0, -1, 1e9]],
      ['deadlineMs', [-1, Number.POSITIVE_INFINITY, 1e12]],
      ['metrics', [5, { loss: 'x' }, { steps: -1 }, []]],
      ['privacy', [{}, { mode: 'local', clippingNorm: 0, noiseMultiplier: 1, delta: 1e-5, epsilon: 1 }]],
      [
        'notes',
        [
          5,
          { Volts: 1 },
          { a: [] },
          { a: 'x'.repeat(65) },
          Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`a${i}`, i])),
        ],
      ],
      ['score', [{ method: 'krum', value: Number.NaN, rank: 0 }]],
    ];
    for (const [name, values] of wrong) {
      for (const value of values) {
        refused(name === 'kind' ? 'unknown-kind' : 'header', () => parseHeader(update({ [name]: value })));
      }
    }
  });

  it('refuses a part at the clients that it does not know, and rounds that are not one for each of the cohort', () => {
    const { fl } = example('model');
    const wrong: [field: string, values: unknown[]][] = [
      [
        'local',
        [
          5,
          {},
          { name: 'toString' },
          { name: 'scaffold' },
          { name: 'scaffold', option: 3 },
          { name: 'scaffold', option: '1' },
        ],
      ],
      ['local', [{ name: 'feddyn' }, ...[0, -1, Number.NaN, 1e300, '1'].map((alpha) => ({ name: 'feddyn', alpha }))]],
      ['settled', [[], [1], [1, 2, 3], [1, -1], [1, 0.5], [1, 2 ** 31], [1, '2'], {}, 'all']],
      ['startLoss', [1, 'true', {}]],
      // With "all" nobody is named.
      ['cohort', ['all', ['plant-1'], []]],
    ];
    for (const [field, values] of wrong) {
      for (const value of values) refused('header', () => parseHeader({ ...fl, [field]: value }));
    }
    const { settled: _, ...rest } = fl;
    const open = parseHeader({ ...rest, cohort: 'all' });
    assert.ok(open.kind === 'model' && open.settled === undefined);
  });

  it('looks anew at a cohort that is not what it was: neither holes nor a change afterwards get through', () => {
    const { settled: _, ...fl } = { settled: [], ...example('model').fl };
    const cohort = ['a', 'b', 'c'];
    const read = (list: unknown) => {
      const header = parseHeader({ ...fl, cohort: list });
      assert.ok(header.kind === 'model');
      return header.cohort;
    };
    const first = read(cohort);
    assert.deepEqual(first, ['a', 'b', 'c']);
    // What a receiver does to its copy is its own.
    first.reverse();
    assert.deepEqual(read(cohort), ['a', 'b', 'c']);
    cohort[2] = 'a';
    refused('header', () => read(cohort), /twice/);
    cohort.length = 0;
    cohort[0] = 'a';
    cohort[2] = 'c';
    refused('header', () => read(cohort));
    refused('header', () => read(['a', 'b', 3]));
    refused('header', () => read(['a', 'b', 'c\n']));
    assert.deepEqual(read(['a', 'b', 'c']), ['a', 'b', 'c']);
    const holes = new Array(3);
    holes[1] = 1;
    const told = { ...fl, cohort: ['a', 'b', 'c'], local: { name: 'feddyn', alpha: 1 } };
    refused('header', () => parseHeader({ ...told, settled: holes }));
    const header = parseHeader({ ...told, settled: [-0, 1, 2] });
    assert.ok(header.kind === 'model' && Object.is(header.settled?.[0], 0));
  });

  it('names the place that is wrong', () => {
    refused(
      'header',
      () =>
        parseHeader(
          update({
            tensors: [
              [4, 2],
              [3, 2],
            ],
          }),
        ),
      /tensors\[1\]/,
    );
    const { fl } = example('model');
    refused('header', () => parseHeader({ ...fl, training: { ...fl.training, epochs: 0 } }), /training\.epochs/);
    refused('header', () => parseHeader({ ...fl, normalisation: { mean: [1], std: [0] } }), /normalisation\.std\[0\]/);
    refused('header', () => parseHeader({ ...fl, cohort: ['a', 'b', 'a'] }), /twice/);
  });

  it('holds what a client says of itself to its range, and leaves out what is not known', () => {
    const join = (facts: unknown): unknown => ({ ...example('join').fl, facts });
    for (const facts of [
      5,
      [],
      'full',
      { battery: 101 },
      { battery: -1 },
      { battery: '80' },
      { battery: Number.NaN },
      { charging: 1 },
      { link: '' },
      { link: 'x'.repeat(33) },
      { link: 'a\nb' },
      { bytesPerSecond: 0 },
      { bytesPerSecond: Number.POSITIVE_INFINITY },
      { willing: 'no' },
    ]) {
      refused('header', () => parseHeader(join(facts)), /msg\.fl\.facts/);
    }
    const parsed = parseHeader(join({ battery: 0, mood: 'good' }));
    assert.deepEqual(parsed.kind === 'join' && parsed.facts, { battery: 0 });
  });

  it('holds to its range what a client is told of late answers and of what is worth sending', () => {
    const wrong: [string, unknown[]][] = [
      ['maxStaleness', [-1, 1001, 0.5, '3']],
      ['turn', [-1, 0.5, 2 ** 31]],
      [
        'sending',
        [
          5,
          {},
          { name: 'never' },
          { name: 'norm' },
          { name: 'norm', threshold: 0 },
          { name: 'loss', threshold: Number.NaN },
          { name: 'periodic', every: 0 },
          { name: 'norm', threshold: 1, patience: 0 },
        ],
      ],
    ];
    for (const [name, values] of wrong) {
      for (const value of values) refused('header', () => parseHeader({ ...example('model').fl, [name]: value }));
    }
    for (const withheld of [0, -1, 1.5, 2e9, '4']) {
      refused('header', () => parseHeader({ ...example('decline').fl, withheld }));
    }
  });

  it('lets nothing reach a prototype, and drops what is not known', () => {
    const polluted = JSON.parse(
      '{"__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 1}}}',
    ) as object;
    const hostile = Object.defineProperties(
      { ...example('update').fl, extra: 1 },
      Object.getOwnPropertyDescriptors(polluted),
    );
    const parsed = parseHeader(hostile);
    assert.deepEqual(parsed, example('update').fl);
    assert.equal(Object.getPrototypeOf(parsed), Object.prototype);
    assert.ok(!('polluted' in {}));
    refused('header', () => parseHeader(update({ codecs: [JSON.parse('{"name":"q","__proto__":5}')] })));
    refused('header', () => parseHeader(update({ codecs: [{ name: 'q', constructor: 5 }] })));
    refused('header', () => parseHeader(Object.create(example('update').fl)));
  });

  it('runs no getter and survives proxies', () => {
    let ran = false;
    for (const name of ['round', 'notes']) {
      const fl = Object.defineProperty(update({}) as object, name, {
        enumerable: true,
        get: () => {
          ran = true;
          return 1;
        },
      });
      refused('header', () => parseHeader(fl), /plain value/);
    }
    assert.equal(ran, false);
    const trap = new Proxy(
      {},
      {
        ownKeys: () => {
          throw new Error('trap');
        },
      },
    );
    refused('message', () => parseMessage({ fl: trap }));
  });

  it('knows one zero', () => {
    const parsed = parseHeader(update({ deadlineMs: -0, metrics: { loss: -0 } }));
    assert.deepEqual(parsed, update({ deadlineMs: 0, metrics: { loss: 0 } }));
  });

  it('makes the reason of a decline fit to show', () => {
    const parsed = parseHeader({ ...example('decline').fl, reason: `a\n\u0000b${'x'.repeat(500)}` });
    assert.ok(parsed.kind === 'decline' && parsed.reason.startsWith('a bx') && parsed.reason.length <= 300);
  });
});
