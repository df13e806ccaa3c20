import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { cellOf, isMissing, nameOf, numberOf, quoteCell } from '../../../lib/data/cell';
import { type Condition, compileCondition, type Operator } from '../../../lib/data/condition';
import { editDistance, nearest } from '../../../lib/data/nearest';
import { timePartsOf } from '../../../lib/data/time-columns';

describe('cells', () => {
  it('know what is missing, a number, a name', () => {
    for (const cell of [undefined, null, '', '  ', 'NA', 'n/a', 'NaN', 'null', '?', Number.NaN])
      assert.ok(isMissing(cell), String(cell));
    for (const cell of [0, '0', false, 'x', 'nano']) assert.ok(!isMissing(cell), String(cell));
    assert.deepEqual([' 1.5 ', '1e3', -0.5, true].map(numberOf), [1.5, 1000, -0.5, 1]);
    for (const cell of ['1,5', '12 °C', '', 'Infinity', Number.NEGATIVE_INFINITY, null, {}, [3]])
      assert.ok(Number.isNaN(numberOf(cell)), String(cell));
    assert.deepEqual(
      [nameOf(' a '), nameOf(7), nameOf('none'), nameOf(''), nameOf({})],
      ['a', '7', 'none', undefined, undefined],
    );
  });
  it("are the row's own", () => {
    assert.equal(cellOf({}, 'constructor'), undefined);
    assert.equal(cellOf(JSON.parse('{"__proto__": 1}'), '__proto__'), 1);
  });
  it('stay short in a sentence', () => {
    assert.ok(quoteCell('x'.repeat(1e6)).length <= 31);
  });
});

describe('conditions', () => {
  const holds = (operator: Operator, value: Condition['value'], cell: unknown): boolean | undefined =>
    compileCondition({ column: 'c', operator, value })(cell);
  it('compare numbers as numbers and text as text', () => {
    assert.equal(holds('<', 10, '9'), true);
    assert.equal(holds('<', '10', 9.5), true);
    assert.equal(holds('=', '1.0', 1), true);
    assert.equal(holds('>=', '2015-10-01', '2015-09-30T23:00'), false);
    assert.equal(holds('>=', '2015-10-01', '2015-10-01T00:00'), true);
    assert.equal(holds('!=', 'NE', 'NNE'), true);
    assert.equal(holds('<=', 5, 5), true);
    assert.equal(holds('>', 5, 5), false);
    assert.equal(holds('in', [18, 20, 'x'], '20'), true);
    assert.equal(holds('not in', [18, 20], 19), true);
  });
  it('say neither yes nor no of a missing cell', () => {
    for (const operator of ['=', '!=', '<', 'in', 'not in'] as const) assert.equal(holds(operator, 1, ''), undefined);
    assert.equal(holds('=', 'x', {}), undefined);
  });
  it('can ask for a word that else means missing', () => {
    assert.equal(holds('=', 'none', 'none'), true);
    assert.equal(holds('=', 'circle', 'none'), undefined);
    assert.equal(holds('in', ['-', 'x'], '-'), true);
    assert.equal(holds('=', '', ''), undefined);
  });
  it('refuse what compares with nothing', () => {
    assert.throws(() => compileCondition({ column: '', operator: '=', value: 1 }), { code: 'condition' });
    assert.throws(() => compileCondition({ column: 'c', operator: '~' as Operator, value: 1 }), {
      message: /needs one of =/,
    });
    assert.throws(() => compileCondition({ column: 'c', operator: '<', value: [1] }), {
      message: /use "in" for a list/,
    });
    assert.throws(() => compileCondition({ column: 'c', operator: '<', value: Number.NaN }), {
      message: /needs a value/,
    });
  });
});

describe('times', () => {
  it('are read as written, whatever the zone of the machine', () => {
    const expected = { minute: 5, hour: 18, day: 28, weekday: 6, month: 2 };
    for (const cell of [
      '2015-02-28T18:05',
      '2015-02-28 18:05:59',
      ' 2015-2-28T18:05:00+09:00',
      Date.UTC(2015, 1, 28, 18, 5),
      new Date('2015-02-28T18:05Z'),
    ]) {
      assert.deepEqual(timePartsOf(cell), expected, String(cell));
    }
    assert.equal(timePartsOf('2015-02-28')?.hour, 0);
  });
  it('are nothing when they are none', () => {
    for (const cell of [
      'yesterday',
      '2015-13-01',
      '2015-01-01T25:00',
      '',
      null,
      {},
      Number.NaN,
      new Date(Number.NaN),
    ]) {
      assert.equal(timePartsOf(cell), undefined, String(cell));
    }
  });
});

describe('spelling help', () => {
  it('counts insertions, deletions and changes, whatever the case', () => {
    assert.deepEqual(
      [editDistance('kitten', 'sitting'), editDistance('TEMP', 'temp'), editDistance('', 'abc')],
      [3, 0, 3],
    );
  });
  it('names the nearest first', () => {
    assert.deepEqual(nearest('presure', ['RAIN', 'Pressure', 'press'], 2), ['Pressure', 'press']);
  });
});
