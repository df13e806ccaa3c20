/** Role "member": a client with a network of its own in a federation of predictions on public rows (FedMD, arXiv 1910.03581). */
import { meaningOf, shapeOf } from '../../lib/data/sample-input';
import type { ParticipantStatus } from '../../lib/federation/participant';
import { inputSize, targetWidth } from '../../lib/model/shapes';
import { createStore } from '../../lib/state/store';
import { createEmbedding } from '../shared/embedding';
import { toldFacts } from '../shared/facts';
import { createIntake, headerOf, type Intake } from '../shared/intake';
import { openSamples } from '../shared/kept-samples';
import { findModel, stateFolder } from '../shared/model';
import { once } from '../shared/once';
import { requirePlace } from '../shared/participation';
import type { Context, Role } from './context';
import { memberOptions } from './options';
import { findConsensus, openPublicRows, type PublicIntake } from './public-rows';
import { openSeat, type Seat } from './seat';

interface Work {
  intake: Intake;
  publicRows: PublicIntake;
  /** Absent: nobody has said yet which public rows there are to be. */
  seat?: Seat;
  /** What it holds has changed, or is to be shown. */
  changed(): void;
}

export function memberRole(context: Context): Role {
  const { RED, node, settings, shell, pool } = context;
  const { status, closing } = shell;
  const options = memberOptions(settings, node);
  const { client, federation, minSamples, persistent, publicTopic } = options;
  const facts = toldFacts();

  const open = async (): Promise<Work> => {
    const network = await findModel(RED, settings.network);
    requirePlace(RED, node, options);
    const consensus = await findConsensus(context, settings.consensus);
    const { spec } = network;
    const store = persistent ? createStore(stateFolder(RED, 'clients')) : undefined;
    const shape = shapeOf(spec, targetWidth(spec));
    const samples = await openSamples(
      {
        ...options,
        width: inputSize(spec),
        targetWidth: shape.targetWidth,
        meaning: meaningOf(spec),
        name: `${federation} ${client}`,
        ...(store ? { store } : {}),
      },
      (sentence) => node.warn(sentence),
    );
    const { bank } = samples;
    let changed = (): void => {};
    const onChange = (): void => changed();
    const labels = options.distill.pretrainEpochs > 0 && spec.labels ? { labels: spec.labels } : {};
    const name = `${federation} ${client} public`;
    const publicRows = await openPublicRows(context, { network, consensus, store, name, onChange, ...labels });
    const embedding = createEmbedding(network, pool, closing);
    const intake = createIntake({ shell, samples, shape, embedding, client, onChange });

    const show = (now?: ParticipantStatus): void => {
      const held = bank.count;
      if (now?.state === 'training') {
        status.working('status.teaching', { round: now.round, percent: Math.round(100 * now.progress) });
      } else if (intake.loading) status.working('status.loading', { held });
      else if (publicRows.showsTrouble()) return;
      else if (held < minSamples) status.waiting('status.samples', { held, wanted: minSamples });
      else status.ready('status.ready', { held });
    };
    changed = show;
    if (!consensus) return { intake, publicRows, changed };
    const seat = await openSeat(context, {
      ...{ options, consensus, network, publicRows, store },
      bank: {
        get count() {
          return intake.loading ? 0 : bank.count;
        },
        block: () => bank.block(),
        statistics: () => bank.statistics(),
      },
      facts: facts.now,
      onStatus: show,
    });
    // Shows itself what it holds then.
    changed = () => (intake.loading ? show() : seat.participant.samplesChanged());
    return { intake, publicRows, seat, changed };
  };
  const ready = once(open);
  return {
    async start() {
      status.working('status.starting');
      (await ready()).changed();
    },
    async take(msg) {
      const { intake, publicRows, seat } = await ready();
      const fl = headerOf(msg);
      if (fl === undefined && msg.topic === 'facts') facts.take(msg, seat?.participant);
      else if (fl === undefined && msg.topic === 'forget') {
        await Promise.all([intake.forget(), publicRows.forget(), seat?.learner.forget()]);
      } else if (fl === undefined || fl.kind === 'samples') {
        await (msg.topic === publicTopic ? publicRows : intake).take(msg);
      } else seat?.refusals.during(() => seat.participant.receive(msg));
    },
    async close() {
      const all = await ready.opened();
      all?.seat?.participant.close();
      all?.seat?.learner.close();
      await Promise.all([all?.intake.save(), all?.publicRows.save()]);
    },
  };
}
