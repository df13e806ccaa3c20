import assert from 'node:assert/strict';
import { parted } from '../../../../lib/federation/groups/parted';
import { membersOf, noted, toldBy, toldByMetrics } from '../../../../lib/federation/groups/whereabouts';
import type { Message, ModelHeader } from '../../../../lib/update/message';
import { example } from '../../update/examples';
import { refused } from '../../update/refused';

const model = (header: Partial<ModelHeader>, numbers: number[]): Message<ModelHeader> => {
  const { group: _, local: __, settled: ___, startLoss: ____, ...fl } = example('model').fl;
  const payload = Buffer.alloc(4 * numbers.length);
  for (const [i, value] of numbers.entries()) payload.writeFloatLE(value, 4 * i);
  return { fl: { ...fl, tensors: [[2, 2]], ...header }, payload };
};
const numbersOf = ({ payload }: Message): number[] => [payload.readFloatLE(0), payload.readFloatLE(4)];

describe('parted', () => {
  it('takes the models of IFCA out of one message', () => {
    const local = { name: 'ifca', groups: 3 } as const;
    const tensors: [number, number][] = [
      [2, 2],
      [2, 2],
      [2, 2],
    ];
    const parts = parted(model({ local, tensors, settled: [0, 0] }, [1, 2, 3, 4, 5, 6]));
    assert.deepEqual(
      parts.map(({ group, message }) => [group, numbersOf(message), message.fl.tensors, message.payload.length]),
      [
        [0, [1, 2], [[2, 2]], 8],
        [1, [3, 4], [[2, 2]], 8],
        [2, [5, 6], [[2, 2]], 8],
      ],
    );
    for (const { message } of parts) assert.ok(!('local' in message.fl) && !('settled' in message.fl));
    refused('wrong-tensors', () => parted(model({ local, tensors }, [1, 2, 3, 4])));
    refused('wrong-tensors', () => parted(model({ local, tensors: tensors.slice(1) }, [1, 2, 3, 4])));
  });

  it('says of the model of one group no more than whose it is', () => {
    const [one] = parted(model({ group: 5 }, [1, 2]));
    assert.equal(one.group, 5);
    assert.ok(!('group' in one.message.fl));
    assert.deepEqual(numbersOf(one.message), [1, 2]);
    assert.deepEqual(parted(model({ group: -1 }, [1, 2])), []);
    const plain = model({}, [1, 2]);
    assert.deepEqual(parted(plain), [{ group: 0, message: plain }]);
  });
});

describe('whereabouts', () => {
  it('come from cohorts, from updates and from metrics', () => {
    const cohort = model({ group: 1, cohort: ['b', 'a'] }, [1, 2]);
    const fromModel = noted(new Map(), toldBy(cohort.fl));
    const fromUpdate = noted(fromModel, toldBy({ ...example('update').fl, client: 'c', group: 3 }));
    assert.deepEqual(membersOf(fromUpdate), [[], ['a', 'b'], [], ['c']]);
    assert.equal(noted(fromUpdate, toldBy(cohort.fl)), fromUpdate);
    const moved = noted(fromUpdate, toldByMetrics([{ clients: ['c'] }, { clients: ['a'] }]));
    assert.deepEqual(membersOf(moved), [['c'], ['a', 'b']]);
  });

  it('take nothing of what is none', () => {
    for (const rubbish of [
      null,
      'x',
      7,
      {},
      [null, 3, { clients: 'a' }, { clients: [7, '', null, 'x'.repeat(101)] }],
    ]) {
      assert.deepEqual(toldByMetrics(rubbish), []);
    }
    assert.deepEqual(toldBy(example('decline').fl), []);
    assert.deepEqual(toldBy(model({ group: -1, cohort: ['a'] }, [1, 2]).fl), []);
  });
});
