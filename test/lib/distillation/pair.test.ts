import assert from 'node:assert/strict';
import { agreementOf } from '../../../lib/distillation/agreement';
import { consensusModel } from '../../../lib/distillation/consensus-model';
import { checkPair } from '../../../lib/distillation/pair';
import { studentMessage } from '../../../lib/distillation/student-message';
import { federatedModel } from '../../../lib/federation/federated-model';
import { initialWeights, parseSpec } from '../../../lib/model';
import { parseMessage } from '../../../lib/update/validate';
import { readVector } from '../../../lib/update/vector';

const network = (wishes: Record<string, unknown> = {}) =>
  parseSpec({
    task: 'classify',
    input: [4],
    layers: [{ type: 'dense', units: 2, activation: 'softmax' }],
    labels: ['no', 'yes'],
    ...wishes,
  });

describe('a teacher and its student', () => {
  it('look at the same samples and tell the same labels apart, whatever they are made of', () => {
    const pictures = network({
      input: [2, 2],
      layers: [
        { type: 'conv1d', filters: 2, kernelSize: 1, activation: 'relu' },
        { type: 'flatten' },
        { type: 'dense', units: 1, activation: 'sigmoid' },
      ],
    });
    checkPair(network(), pictures);
    checkPair(pictures, network({ features: ['a', 'b', 'c', 'd'] }));
    const wrong: [string, ReturnType<typeof network>][] = [
      ['distill-samples', network({ input: [5] })],
      ['distill-labels', network({ labels: ['yes', 'no'] })],
      ['consensus', consensusModel({ digest: '0123456789abcdef', rows: 3, labels: ['no', 'yes'] }).spec],
      [
        'distill-task',
        network({ task: 'regress', labels: undefined, layers: [{ type: 'dense', units: 1, activation: 'linear' }] }),
      ],
    ];
    for (const [code, spec] of wrong) {
      assert.throws(() => checkPair(network(), spec), { code });
      assert.throws(() => checkPair(spec, network()), { code });
    }
    const [one, other] = [network({ features: ['a', 'b', 'c', 'd'] }), network({ features: ['a', 'b', 'd', 'c'] })];
    assert.throws(() => checkPair(one, other), { code: 'distill-samples' });
  });

  it('agree where both find the same label the likeliest, or say the same of each label', () => {
    const spec = network({ labels: ['a', 'b', 'c'], layers: [{ type: 'dense', units: 3, activation: 'softmax' }] });
    const teacher = Float32Array.of(2, 1, -3, 0, 1, -1);
    assert.equal(agreementOf(Float32Array.of(9, -4, -5, -1, 0, 1), teacher, spec), 0.5);
    assert.equal(agreementOf(teacher, teacher, spec), 1);
    // Of two rows with three labels each, four of six.
    const several = { ...spec, task: 'multi-label' as const };
    assert.equal(agreementOf(Float32Array.of(1, 1, 1, -1, 1, -1), teacher, several), 5 / 6);
  });

  it("the student's message is a model that nobody is asked to train, with the rounds of its teacher", () => {
    const model = federatedModel(network());
    const weights = initialWeights(model.spec);
    const options = { epochs: 1, batchSize: 16, optimizer: 'adam' as const, learningRate: 0.01, seed: 1 };
    const student = { model, weights, options, normalisation: { mean: [1, 2, 3, 4], std: [1, 1, 1, 1] } };
    const of = { federation: 'pumps', trained: 7 };
    const last = parseMessage(studentMessage(student, { ...of, final: true, personal: 'north' }, 'n1'));
    assert.ok(last.fl.kind === 'model');
    const { round, cohort, personal, normalisation, federation, model: named } = last.fl;
    assert.deepEqual([federation, named, round, cohort, personal], ['pumps', model.fingerprint, 8, [], 'north']);
    assert.deepEqual(normalisation, student.normalisation);
    assert.deepEqual(readVector(last.payload, weights.length), weights);
    const next = studentMessage(student, { ...of, final: false }, 'n1');
    assert.deepEqual([next.fl.cohort, next.fl.personal], [['n1'], undefined]);
  });
});
