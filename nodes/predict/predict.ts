import type { NodeMessage } from 'node-red';
import { samplesFrom, shapeOf } from '../../lib/data/sample-input';
import { RefusedError } from '../../lib/refused';
import { answersOf, expectedOf } from '../shared/answers';
import { checked } from '../shared/checked';
import { createEmbedding } from '../shared/embedding';
import { type GlobalModel, isKind, receiveModel } from '../shared/global-model';
import { createKeeper } from '../shared/kept-model';
import { findModel, whenModelChosen } from '../shared/model';
import { createOwner } from '../shared/owner';
import { leasePool } from '../shared/pool';
import type { FlowMessage, FlowNode, Red, Send, Settings } from '../shared/red';
import { flag, text } from '../shared/settings';
import { createShell } from '../shared/shell';
import { createBatcher } from './batcher';

const readOptions = (settings: Settings) => ({
  federation: text(settings, 'federation'),
  input: text(settings, 'input', 'payload'),
  output: text(settings, 'output', 'payload'),
  keep: flag(settings, 'keep', true),
});

export = (RED: Red): void => {
  function FlPredict(this: FlowNode, settings: Settings): void {
    RED.nodes.createNode(this, settings);
    const shell = createShell(RED, this);
    const pool = leasePool(RED, shell.closing);
    const options = checked(shell, () => readOptions(settings));
    const keeper = createKeeper(RED, 'predict', settings.id);
    let current: GlobalModel | undefined;
    const owner = createOwner((whose, other) => RED._('runtime.twoOwners', { owner: whose, other }));
    let unanswered = 0;
    let answered = 0;

    const show = (): void => {
      if (!current) shell.status.waiting('status.waitingModel');
      else if (current.personal !== undefined) shell.status.ready('status.personal', { count: answered });
      else if (answered === 0) shell.status.ready('status.ready', { round: current.trained });
      else shell.status.ready('status.predicting', { round: current.trained, count: answered });
    };

    const model = findModel(RED, settings.model);
    const embedded = model.then((found) => createEmbedding(found, pool, shell.closing));
    const restored = model.then(async (found) => {
      if (!options().keep) return;
      try {
        const kept = await keeper.read(found, options().federation);
        // A model that came in the meantime is newer than the one kept.
        current ??= kept;
      } catch (thrown) {
        shell.fail(thrown);
      }
    });
    const ready = restored.then(show);
    whenModelChosen(shell, settings, () => ready);
    ready.catch(() => {});
    embedded.catch(() => {});

    const batcher = createBatcher(async (features, count) => {
      const { spec, engine } = await model;
      if (!current) throw new Error('There is no model.');
      const { weights, normalisation } = current;
      const job = { spec, weights, features, count, normalisation };
      return (await (await pool.get()).predict(job, { signal: shell.closing, engine })).outputs;
    });

    async function takeModel(msg: FlowMessage): Promise<void> {
      const global = receiveModel(msg, await model, options().federation);
      if (!global || !owner.takes(global)) return;
      current = global;
      unanswered = 0;
      show();
      if (options().keep) shell.background(() => keeper.write(global, msg.fl));
    }

    async function takeSample(msg: FlowMessage, send: Send): Promise<void> {
      const { spec } = await model;
      await restored;
      const { input, output } = options();
      const suite = isKind(msg, 'samples');
      const sample: unknown = suite ? msg.payload : RED.util.getMessageProperty(msg as NodeMessage, input);
      const block = samplesFrom({ payload: sample, fl: msg.fl }, shapeOf(spec, 0));
      const embedding = await embedded;
      const inputs = embedding ? await embedding.embed(block) : block;
      if (!current) {
        unanswered++;
        shell.status.waiting('status.unanswered', { count: unanswered });
        if (unanswered > 1) return;
        throw new RefusedError('no-weights', RED._('runtime.noWeights'));
      }
      if (block.count === 0) return;
      const { trained: round, normalisation, threshold, personal } = current;
      const outputs = await batcher.run(inputs);
      const many = suite ? block.count > 1 : isBatch(sample, block.count);
      const expected = expectedOf(msg, sample, many);
      const answers = answersOf(spec, inputs, outputs, normalisation, threshold).map((answer, i) => ({
        ...answer,
        round,
        ...(personal === undefined ? {} : { personal }),
        ...(expected[i] !== undefined && expected[i] !== null && { expected: expected[i] }),
      }));
      answered += block.count;
      show();
      if (suite) delete (msg as FlowMessage).fl;
      RED.util.setMessageProperty(msg as NodeMessage, output, many ? answers : answers[0], true);
      send(msg);
    }

    shell.onInput(async (msg, send) => {
      if (isKind(msg, 'model')) return takeModel(msg);
      // What else the aggregator says to its participants is not for this node.
      if (msg.fl !== undefined && !isKind(msg, 'samples')) return;
      return takeSample(msg, send);
    });
    shell.onClose((removed) => (removed ? keeper.forget() : keeper.settled()));
  }
  RED.nodes.registerType('fl-predict', FlPredict);
};

/** An array of samples answers as an array, even when it holds only one. */
const isBatch = (sample: unknown, count: number): boolean =>
  count > 1 || (Array.isArray(sample) && sample.length === 1 && typeof sample[0] === 'object' && sample[0] !== null);
