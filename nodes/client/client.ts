import { meaningOf, samplesFrom, shapeOf } from '../../lib/data/sample-input';
import { gatewayLearner } from '../../lib/federation/gateway-learner';
import { createParticipant, type Participant, type ParticipantStatus } from '../../lib/federation/participant';
import { targetWidth } from '../../lib/model/shapes';
import { createStore } from '../../lib/state/store';
import { RefusedError } from '../../lib/update/message';
import { findModel, type Model, stateFolder } from '../shared/model';
import { leasePool } from '../shared/pool';
import { detached, type FlowMessage, type FlowNode, type Red, type Settings } from '../shared/red';
import { collectRefusals } from '../shared/refusals';
import { plain, text } from '../shared/settings';
import { createShell } from '../shared/shell';
import { findTwin } from '../shared/twins';
import { type ClientOptions, clientId, clientOptions } from './options';
import { reachesAggregator } from './path';
import { type ClientSamples, openSamples } from './samples';

/** A pass that says "more will follow at once" and then falls silent is taken as over. */
const SILENCE_MS = 10_000;
const SAVE_MS = 3000;

interface Work {
  options: ClientOptions;
  model: Model;
  samples: ClientSamples;
  participant: Participant;
}

const headerOf = (msg: FlowMessage): Record<string, unknown> | undefined =>
  typeof msg.fl === 'object' && msg.fl !== null ? (msg.fl as Record<string, unknown>) : undefined;

export = (RED: Red): void => {
  function FlClient(this: FlowNode, settings: Settings): void {
    RED.nodes.createNode(this, settings);
    const shell = createShell(RED, this);
    const { status } = shell;
    const pool = leasePool(RED);
    const refusals = collectRefusals(shell);
    let work: Promise<Work> | undefined;
    let saver: (() => void) | undefined;
    /** A pass over a data set is under way: the client joins when it has all of it, so that runs can be repeated. */
    let loading: (() => void) | undefined;

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
      const keyOf = (other: Settings): string =>
        JSON.stringify([clientId(other, other.id), text(other, 'federation', 'default')]);
      const twin = findTwin(RED, this, keyOf, JSON.stringify([client, federation]));
      if (twin !== undefined) {
        throw new RefusedError(
          'same-client',
          `Two clients of federation "${federation}" have the id "${client}" (the other is "${twin}"): rename one.`,
        );
      }
      if (!reachesAggregator(RED, this)) {
        throw new RefusedError(
          'no-path',
          'Wire the first output of this client, through any filters, to fl-aggregator: its updates do not get there.',
        );
      }
      const targets = targetWidth(model.spec);
      const shape = shapeOf(model.spec, targets);
      const samples = await openSamples(
        {
          ...options,
          width: shape.width,
          targetWidth: shape.targetWidth,
          meaning: meaningOf(model.spec),
          name: `${federation} ${client}`,
          ...(persistent ? { store: createStore(stateFolder(RED, 'clients')) } : {}),
        },
        (sentence) => this.warn(sentence),
      );
      const { bank } = samples;
      const participant = createParticipant({
        federation,
        client,
        model,
        minSamples,
        learner: gatewayLearner({
          model,
          bank: {
            get count() {
              return loading ? 0 : bank.count;
            },
            block: () => bank.block(),
            statistics: () => bank.statistics(),
          },
          train: async (job, { signal, onProgress }) =>
            (await pool.get()).train(job, { signal, onProgress, engine: model.engine }),
        }),
        send: (message) => {
          if (shell.closing.aborted) return;
          this.send(detached(message));
          const { fl } = message;
          if (fl.kind === 'join') event({ event: 'joined', client, samples: fl.samples });
          if (fl.kind === 'decline') event({ event: 'declined', client, round: fl.round, reason: fl.reason });
        },
        onStatus: (now) => {
          if (!loading) show(now);
        },
        onTrained: (result) => event({ event: 'trained', client, ...result }),
        onRefused: refusals.take,
      });
      return { options, model, samples, participant };
    };
    const ready = (): Promise<Work> => {
      work ??= open();
      return work;
    };
    const save = async (): Promise<void> => {
      saver?.();
      saver = undefined;
      await (await work)?.samples.save();
    };
    const changed = ({ samples, participant, options }: Work): void => {
      saver ??= shell.after(SAVE_MS, save);
      if (loading) status.working('status.loading', { held: samples.bank.count });
      else participant.samplesChanged();
      if (samples.bank.count === 0) status.waiting('status.samples', { held: 0, wanted: options.minSamples });
    };
    const loaded = (all: Work): void => {
      loading?.();
      loading = undefined;
      changed(all);
    };
    const takeSamples = (all: Work, msg: FlowMessage): void => {
      const { options, model, samples } = all;
      const fl = headerOf(msg);
      const over = fl?.last === true;
      if (fl?.client !== undefined && fl.client !== options.client) {
        if (over && samples.bank.count === 0) {
          throw new RefusedError(
            'other-client',
            `These samples are for client "${plain(fl.client).slice(0, 100)}", but this one is "${options.client}": give it that client id.`,
          );
        }
        return;
      }
      if (fl?.split === 'test') {
        throw new RefusedError(
          'held-out',
          'Held-out samples came to a client: wire the last output of fl-dataset to fl-evaluate, not here.',
        );
      }
      const block = samplesFrom(msg, shapeOf(model.spec, targetWidth(model.spec)));
      samples.add(block, fl);
      if (over) {
        loaded(all);
        return;
      }
      if (fl?.last === false) {
        loading?.();
        loading = shell.after(SILENCE_MS, () => loaded(all));
      }
      changed(all);
    };

    shell.onInput(async (msg) => {
      const all = await ready();
      const fl = headerOf(msg);
      if (fl === undefined && msg.topic === 'forget') {
        await all.samples.forget();
        changed(all);
      } else if (fl === undefined || fl.kind === 'samples') {
        takeSamples(all, msg);
      } else {
        refusals.during(() => all.participant.receive(msg));
      }
    });
    shell.onClose(async () => {
      const all = await work?.catch(() => undefined);
      all?.participant.close();
      pool.release();
      await all?.samples.save();
    });
    shell.whenStarted(async () => {
      if (text(settings, 'model') === '') {
        status.waiting('status.noModel');
        return;
      }
      status.working('status.starting');
      changed(await ready());
    });
  }
  RED.nodes.registerType('fl-client', FlClient);
};
