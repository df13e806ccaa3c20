import { meaningOf, shapeOf } from '../../lib/data/sample-input';
import { gatewayLearner } from '../../lib/federation/gateway-learner';
import { localMemory } from '../../lib/federation/local/memory';
import { createParticipant, type Participant, type ParticipantStatus } from '../../lib/federation/participant';
import type { PersonalLearner } from '../../lib/federation/personal/personal-learner';
import { errorSketch } from '../../lib/federation/threshold';
import { inputSize, targetWidth } from '../../lib/model/shapes';
import { createStore } from '../../lib/state/store';
import { createEmbedding } from '../shared/embedding';
import { toldFacts } from '../shared/facts';
import { createIntake, headerOf, type Intake } from '../shared/intake';
import { openSamples } from '../shared/kept-samples';
import { findModel, stateFolder, whenModelChosen } from '../shared/model';
import { once } from '../shared/once';
import { requirePlace } from '../shared/participation';
import { figuresOf, openPersonal } from '../shared/personal';
import { leasePool } from '../shared/pool';
import { detached, type FlowNode, type Red, type Settings } from '../shared/red';
import { collectRefusals } from '../shared/refusals';
import { createShell } from '../shared/shell';
import { clientOptions } from './options';

interface Work {
  intake: Intake;
  participant: Participant;
  personal?: PersonalLearner;
  /** Shows what it holds. */
  changed(): void;
}

export = (RED: Red): void => {
  function FlClient(this: FlowNode, settings: Settings): void {
    RED.nodes.createNode(this, settings);
    const shell = createShell(RED, this);
    const { status } = shell;
    const pool = leasePool(RED, shell.closing);
    const refusals = collectRefusals(shell);
    const facts = toldFacts();

    const event = (payload: Record<string, unknown>): void => {
      if (!shell.closing.aborted) this.send([null, { topic: 'fl/client', payload }]);
    };
    const show = (now: ParticipantStatus): void => {
      if (now.state === 'training') {
        status.working('status.training', { round: now.round, percent: Math.round(100 * now.progress) });
      } else if (now.state === 'waiting') {
        status.waiting('status.samples', { held: now.samples, wanted: now.needed });
      } else {
        status.ready('status.ready', { held: now.samples });
      }
    };
    const open = async (): Promise<Work> => {
      const model = await findModel(RED, settings.model);
      const options = clientOptions(settings, this);
      const { client, federation, minSamples, persistent } = options;
      requirePlace(RED, this, options);
      const shape = shapeOf(model.spec, targetWidth(model.spec));
      const store = persistent ? createStore(stateFolder(RED, 'clients')) : undefined;
      const warn = (sentence: string): void => this.warn(sentence);
      const samples = await openSamples(
        {
          ...options,
          width: inputSize(model.spec),
          targetWidth: shape.targetWidth,
          meaning: meaningOf(model.spec),
          name: `${federation} ${client}`,
          ...(store ? { store } : {}),
        },
        warn,
      );
      const makePersonal =
        options.personal && (await openPersonal({ model, federation, client }, options.personal, store, warn));
      const { bank } = samples;
      const changed = (): void => {
        if (intake.loading) status.working('status.loading', { held: bank.count });
        else participant.samplesChanged();
        if (bank.count === 0) status.waiting('status.samples', { held: 0, wanted: minSamples });
      };
      const embedding = createEmbedding(model, pool, shell.closing);
      const intake = createIntake({ shell, samples, shape, embedding, client, onChange: changed });
      const { engine } = model;
      const learner = gatewayLearner({
        model,
        bank: {
          get count() {
            return intake.loading ? 0 : bank.count;
          },
          block: () => bank.block(),
          statistics: () => bank.statistics(),
        },
        train: async (job, { signal, onProgress }) => (await pool.get()).train(job, { signal, onProgress, engine }),
      });
      const personal = makePersonal?.({
        learner,
        heldOut: () => samples.heldOut?.block(),
        rows: () => bank.block(),
        predict: async (job, signal) => (await pool.get()).predict(job, { signal, engine }),
        send: (message) => {
          if (!shell.closing.aborted) this.send([null, null, detached(message)]);
        },
        event,
        fail: shell.fail,
      });
      const participant = createParticipant({
        federation,
        client,
        model,
        minSamples,
        facts: facts.now,
        learner: personal ?? learner,
        memory: localMemory(`${federation} ${client} strategy`, store),
        errors: async (global, signal) => {
          const { predict } = await pool.get();
          const { spec, engine } = model;
          return errorSketch({ spec, bank, predict: (job) => predict(job, { signal, engine }) }, global, signal);
        },
        send: (message) => {
          if (shell.closing.aborted) return;
          this.send(detached(message));
          const { fl } = message;
          if (fl.kind === 'join') event({ event: 'joined', client, samples: fl.samples });
          if (fl.kind === 'decline') event({ event: 'declined', client, round: fl.round, reason: fl.reason });
        },
        onStatus: (now) => {
          if (!intake.loading) show(now);
        },
        onTrained: (result) => event({ event: 'trained', client, ...result, ...figuresOf(personal?.compared) }),
        onRefused: refusals.take,
      });
      return { intake, participant, changed, ...(personal ? { personal } : {}) };
    };
    const ready = once(open);

    shell.onInput(async (msg) => {
      const { intake, participant, personal } = await ready();
      const fl = headerOf(msg);
      if (fl === undefined && msg.topic === 'facts') facts.take(msg, participant);
      else if (fl === undefined && msg.topic === 'forget') await Promise.all([intake.forget(), personal?.forget()]);
      else if (fl === undefined || fl.kind === 'samples') await intake.take(msg);
      else refusals.during(() => participant.receive(msg));
    });
    shell.onClose(async () => {
      const all = await ready.opened();
      all?.participant.close();
      all?.personal?.close();
      await all?.intake.save();
    });
    whenModelChosen(shell, settings, async () => {
      status.working('status.starting');
      (await ready()).changed();
    });
  }
  RED.nodes.registerType('fl-client', FlClient);
};
