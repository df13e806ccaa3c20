import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { Row } from '../../../lib/data/cell';
import type { FeatureKind, FeatureSpec } from '../../../lib/data/features';
import { type Sample, sampleMaker, type WindowSpec } from '../../../lib/data/windows';
import { senseCases, senseExpected } from '../../core/sense-cases';

const classes: [string, string] = ['no', 'yes'];

function run(spec: WindowSpec, rows: Row[]): Sample[] {
  const maker = sampleMaker(spec);
  return [...rows.flatMap((row) => maker.push(row).ready), ...maker.flush()];
}
const series = (values: (number | string)[], more: Row = {}): Row[] => values.map((x) => ({ x, ...more }));
const flat = (samples: Sample[]): number[][] => samples.map(({ features }) => [...features]);

describe('windows of features', () => {
  it('computes each kind from the last rows', () => {
    const kinds = ['mean', 'change', 'min', 'max', 'std', 'slope'] as const;
    const features = [
      { column: 'x', kind: 'value' as const },
      ...kinds.map((kind) => ({ column: 'x', kind, window: 3 })),
    ];
    const [first, second, ...none] = run({ features }, series([1, 5, 3, 10, 2]));
    assert.deepEqual(none, []);
    // Rows 1 5 3 | 10: the last three are 5, 3, 10; three rows ago it was 1.
    const expected = [10, 6, 9, 3, 10, Math.sqrt(26 / 3), 2.5];
    first.features.forEach((value, i) => {
      assert.ok(Math.abs(value - expected[i]) < 1e-6, `feature ${i}: ${value}`);
    });
    assert.deepEqual([...second.features].slice(0, 5), [2, 5, -3, 2, 10]);
    assert.equal(first.index, 3);
  });

  it('gives raw windows as [steps, channels], oldest row first', () => {
    const features = [
      { column: 'x', kind: 'raw' as const, window: 2 },
      { column: 'y', kind: 'raw' as const, window: 2 },
    ];
    const maker = sampleMaker({ features });
    assert.deepEqual(maker.shape, [2, 2]);
    assert.deepEqual(maker.names, ['x -1', 'y -1', 'x -0', 'y -0']);
    maker.push({ x: 1, y: 10 });
    const { now } = maker.push({ x: 2, y: 20 });
    assert.deepEqual([...(now?.features ?? [])], [1, 10, 2, 20]);
  });

  it('waits for the longest window, or makes do with fewer rows', () => {
    const features = [
      { column: 'x', kind: 'mean' as const, window: 3 },
      { column: 'x', kind: 'change' as const, window: 2 },
    ];
    assert.equal(run({ features }, series([1, 2, 3, 4])).length, 2);
    const short = flat(run({ features, incomplete: 'shorten' }, series([1, 2, 6])));
    assert.deepEqual(short, [
      [1, 0],
      [1.5, 1],
      [3, 5],
    ]);
  });

  it('gives the features that a board makes of its readings', () => {
    const kinds: FeatureKind[] = [
      'raw',
      'mean',
      'std',
      'min',
      'max',
      'rms',
      'magnitude',
      'crossings',
      'roughness',
      'range',
    ];
    const cases = senseCases().filter(({ window, features }) => window > 1 && features.every((kind) => kinds[kind]));
    assert.ok(cases.length > 3);
    for (const one of cases) {
      const { window, hop, channels, readings } = one;
      const columns = Array.from({ length: channels }, (_, channel) => `c${channel}`);
      const features = columns.flatMap((column) =>
        one.features.map((kind): FeatureSpec => ({ column, kind: kinds[kind], window })),
      );
      const rows = Array.from({ length: readings.length / channels }, (_, t) =>
        Object.fromEntries(columns.map((column, channel) => [column, readings[t * channels + channel]])),
      );
      const found = flat(run({ features, hop }, rows)).flat();
      const expected = senseExpected(one);
      assert.equal(found.length, expected.length, one.name);
      for (const [i, value] of expected.entries()) {
        assert.ok(
          Math.abs(found[i] - value) <= 1e-6 * Math.max(1, Math.abs(value)),
          `${one.name}: ${found[i]}, ${value}`,
        );
      }
    }
  });

  it('keeps groups apart when their rows are interleaved', () => {
    const rows = [1, 2, 3].flatMap((x) => [
      { unit: 'a', x },
      { unit: 'b', x: -x },
    ]);
    const samples = run({ features: [{ column: 'x', kind: 'change', window: 1 }], groupColumn: 'unit' }, rows);
    assert.deepEqual(
      samples.map(({ group, features }) => [group, features[0]]),
      [
        ['a', 1],
        ['b', -1],
        ['a', 1],
        ['b', -1],
      ],
    );
  });

  it('asks only at rows that meet the conditions, at every hop-th row, but windows see all rows', () => {
    const rows = ['2015-01-01T17:00', '2015-01-01T18:00', '2015-01-01T19:00', '2015-07-01T18:00'].map((time, i) => ({
      time,
      x: i,
    }));
    const spec: WindowSpec = {
      features: [
        { column: 'x', kind: 'change', window: 1 },
        { column: 'hour', kind: 'value' },
      ],
      timeColumn: 'time',
      where: [
        { column: 'hour', operator: 'in', value: [18] },
        { column: 'month', operator: 'not in', value: [7] },
      ],
    };
    assert.deepEqual(flat(run(spec, rows)), [[1, 18]]);
    assert.deepEqual(flat(run({ features: [{ column: 'x', kind: 'value' }], hop: 2 }, series([0, 1, 2, 3, 4]))), [
      [0],
      [2],
      [4],
    ]);
  });

  it('never lets a later row into a sample', () => {
    const spec: WindowSpec = {
      features: [
        { column: 'x', kind: 'raw', window: 3 },
        { column: 'x', kind: 'slope', window: 3 },
      ],
      label: { kind: 'within', condition: { column: 'x', operator: '>', value: 50 }, rows: 4, classes },
      incomplete: 'shorten',
    };
    const past = [3, 1, 4, 1, 5, 9, 2, 6];
    const calm = run(spec, series([...past, 5, 3, 5, 8]));
    const wild = run(spec, series([...past, 99, 99, 99, 99]));
    assert.equal(calm.length, 8);
    for (let i = 0; i < 8; i++) assert.deepEqual(calm[i].features, wild.find(({ index }) => index === i)?.features);
    assert.deepEqual(
      wild.filter(({ index }) => index < 8).map(({ targets }) => targets[0]),
      [0, 0, 0, 0, 1, 1, 1, 1],
    );
  });

  it('gives the present sample at once and the same one with its label later', () => {
    const maker = sampleMaker({
      features: [{ column: 'x', kind: 'value' }],
      label: { kind: 'within', condition: { column: 'x', operator: '<', value: 0 }, rows: 2, classes },
    });
    const first = maker.push({ x: 7 });
    assert.deepEqual([first.now?.features[0], first.now?.targets.length, first.ready.length], [7, 0, 0]);
    assert.equal(maker.push({ x: 1 }).ready.length, 0);
    const [ready] = maker.push({ x: -1 }).ready;
    assert.deepEqual([ready.features[0], ready.targets], [7, [1]]);
  });
});

describe('labels', () => {
  const features = [{ column: 'x', kind: 'value' as const }];
  const targets = (samples: Sample[]): number[] => samples.map((sample) => sample.targets[0]);

  it('within: yes as soon as it holds, no after all rows, none when the rows run out', () => {
    const label = {
      kind: 'within' as const,
      condition: { column: 'x', operator: '<' as const, value: 0 },
      rows: 2,
      classes,
    };
    const samples = run({ features, label }, series([1, 2, 3, -4, 5, 6, 7]));
    // Of row 0: rows 1, 2 are warm. Rows 1, 2 see the -4. Row 3 sees 5, 6; row 4 sees 6, 7; rows 5, 6 cannot know.
    assert.deepEqual(
      samples.map(({ index, targets: [t] }) => [index, t]),
      [
        [0, 0],
        [1, 1],
        [2, 1],
        [3, 0],
        [4, 0],
      ],
    );
  });

  it('within: a missing cell leaves it open, unless another row decides', () => {
    const label = {
      kind: 'within' as const,
      condition: { column: 't', operator: '<' as const, value: 0 },
      rows: 2,
      classes,
    };
    const rows = [5, '', 5, '', -1].map((t, x) => ({ t, x }));
    const maker = sampleMaker({ features, label });
    const samples = [...rows.flatMap((row) => maker.push(row).ready), ...maker.flush()];
    assert.deepEqual(
      samples.map(({ index, targets: [t] }) => [index, t]),
      [
        [2, 1],
        [3, 1],
      ],
    );
    assert.equal(maker.counts.unlabelled, 3);
  });

  it('end: yes when at most that many rows of the group follow', () => {
    const label = { kind: 'end' as const, rows: 2, classes };
    const rows = [...series([1, 2, 3, 4], { u: 1 }), ...series([5, 6], { u: 2 })];
    const samples = run({ features, label, groupColumn: 'u', contiguousGroups: true }, rows);
    assert.deepEqual(
      samples.map((s) => [s.features[0], s.targets[0]]),
      [
        [1, 0],
        [2, 1],
        [3, 1],
        [4, 1],
        [5, 1],
        [6, 1],
      ],
    );
  });

  it('threshold and class by the row itself; an unknown class is left out with a sentence that names the known ones', () => {
    const threshold = {
      kind: 'threshold' as const,
      condition: { column: 'x', operator: '>=' as const, value: 2 },
      classes,
    };
    assert.deepEqual(targets(run({ features, label: threshold }, series([1, 2, 3]))), [0, 1, 1]);
    const maker = sampleMaker({ features, label: { kind: 'class', column: 'c', classes: ['circle', 'line'] } });
    assert.deepEqual(maker.push({ x: 1, c: ' line ' }).ready[0].targets, [1]);
    assert.deepEqual(maker.push({ x: 1, c: 'lines' }).ready, []);
    assert.deepEqual(
      targets(
        run({ features, label: { kind: 'class', column: 'c', classes: ['none', '-'] } }, [
          { x: 1, c: '-' },
          { x: 1, c: 'none' },
        ]),
      ),
      [1, 0],
    );
    assert.match(maker.counts.problems[0], /"lines" is not a known label; the labels are "circle", "line"\.$/);
    assert.deepEqual(
      targets(run({ features, label: { kind: 'class', column: 'x', classes: ['0', '1'] } }, series(['1.0', 0]))),
      [1, 0],
    );
  });

  it('numbers, several at a time', () => {
    const label = { kind: 'number' as const, columns: ['x', 'y'] };
    assert.deepEqual(
      run({ features, label }, [
        { x: 1, y: '2.5' },
        { x: 1, y: 'a' },
      ]).map((s) => s.targets),
      [[1, 2.5]],
    );
  });
});

describe('missing cells', () => {
  const features = [{ column: 'x', kind: 'raw' as const, window: 2 }];
  const rows = series([1, 'NA', 3, 4]);

  it('drop: as if the row had never come', () => {
    assert.deepEqual(flat(run({ features }, rows)), [
      [1, 3],
      [3, 4],
    ]);
  });
  it('previous: the last value of the same group, none before the first', () => {
    const two = [
      { g: 'a', x: 1 },
      { g: 'b', x: '' },
      { g: 'a', x: '' },
      { g: 'b', x: 5 },
      { g: 'b', x: '' },
    ];
    assert.deepEqual(flat(run({ features, groupColumn: 'g', missing: { policy: 'previous' } }, two)), [
      [1, 1],
      [5, 5],
    ]);
  });
  it('fill: the given value', () => {
    assert.deepEqual(flat(run({ features, missing: { policy: 'fill', values: { x: 9 } } }, rows)), [
      [1, 9],
      [9, 3],
      [3, 4],
    ]);
  });
  it('counts text where numbers belong and says what and where', () => {
    const maker = sampleMaker({ features });
    for (const row of series([1, 'abc', 2, 3])) maker.push(row);
    assert.deepEqual([maker.counts.rows, maker.counts.dropped, maker.counts.samples], [4, 1, 2]);
    assert.equal(maker.counts.problems[0], 'Row 2: "abc" in "x" is not a number.');
    maker.push({ x: '12,5' });
    assert.equal(maker.counts.problems[1], 'Row 5: "12,5" in "x" is not a number: is its decimal sign a comma?');
  });
});

describe('bounds', () => {
  it('forgets the group silent longest', () => {
    const maker = sampleMaker({
      features: [{ column: 'x', kind: 'change', window: 1 }],
      groupColumn: 'g',
      maxGroups: 2,
    });
    for (const g of ['a', 'b', 'a', 'c']) maker.push({ g, x: 1 });
    assert.equal(maker.push({ g: 'a', x: 1 }).ready.length, 1);
    assert.equal(maker.push({ g: 'b', x: 1 }).ready.length, 0);
  });
  it('refuses windows, features and labels that make no sense, with a sentence', () => {
    const wrong = [
      { features: [] },
      { features: [{ column: 'x', kind: 'mean' as const }] },
      { features: [{ column: 'x', kind: 'slope' as const, window: 1 }] },
      { features: [{ column: 'x', kind: 'value' as const }], hop: 0 },
      { features: [{ column: 'x', kind: 'value' as const }], label: { kind: 'end' as const, rows: 0, classes } },
      {
        features: [{ column: 'x', kind: 'value' as const }],
        where: [{ column: 'x', operator: 'in' as const, value: [] }],
      },
    ];
    for (const spec of wrong) assert.throws(() => sampleMaker(spec), { name: 'RefusedError', message: /\.$/ });
  });
});
