/** A member's seat in its federation: its own network as the learner, and the participant that speaks for it. */
import { type DistillLearner, distillLearner, type Learned } from '../../lib/distillation/distill-learner';
import { decodeDistilled, encodeDistilled } from '../../lib/distillation/state';
import type { Samples } from '../../lib/federation/gateway-learner';
import { localMemory } from '../../lib/federation/local/memory';
import { createParticipant, type Participant, type ParticipantStatus } from '../../lib/federation/participant';
import { personalMessage } from '../../lib/federation/personal/personal-message';
import type { Store } from '../../lib/state/store';
import type { ClientFacts } from '../../lib/update/message';
import type { Model } from '../shared/model';
import { detached } from '../shared/red';
import { collectRefusals } from '../shared/refusals';
import type { Context } from './context';
import type { MemberOptions } from './options';
import type { PublicIntake } from './public-rows';

export interface SeatParts {
  options: MemberOptions;
  consensus: Model;
  network: Model;
  publicRows: Pick<PublicIntake, 'rows'>;
  bank: Samples;
  store: Store | undefined;
  facts(): ClientFacts | undefined;
  onStatus(now: ParticipantStatus): void;
}

export interface Seat {
  participant: Participant;
  learner: DistillLearner;
  refusals: ReturnType<typeof collectRefusals>;
}

export async function openSeat(context: Context, parts: SeatParts): Promise<Seat> {
  const { node, shell, pool, send, event } = context;
  const { options, consensus, network, publicRows, bank, store, facts, onStatus } = parts;
  const { client, federation, minSamples, distill } = options;
  const { engine } = network;
  const pair = { consensus, network };
  const name = `${federation} ${client} network`;
  const refusals = collectRefusals(shell);
  const found = await store?.read(name).catch((error: unknown) => node.warn(String(error)));
  const { state, notice } = decodeDistilled(found ?? undefined, pair);
  if (notice) node.warn(notice);
  /** In the round under way, for its event. */
  let learned: Learned | undefined;

  const learner = distillLearner({
    ...pair,
    rows: () => publicRows.rows,
    bank,
    train: async (job, watch) => (await pool.get()).train(job, { ...watch, engine }),
    predict: async (job, watch) => (await pool.get()).predict(job, { ...watch, engine }),
    options: distill,
    ...(state ? { state } : {}),
    async save(next) {
      if (next) await store?.write(name, encodeDistilled(next, pair));
      else await store?.remove(name);
    },
    onNetwork(made, now) {
      learned = now;
      send(2, detached(personalMessage(made, { federation, client, model: network })));
    },
    onTrouble: (trouble) => shell.fail(trouble),
  });
  const participant = createParticipant({
    ...{ federation, client, model: consensus, minSamples, facts, learner, onStatus },
    memory: localMemory(`${federation} ${client} strategy`, store),
    send(message) {
      if (shell.closing.aborted) return;
      send(0, detached(message));
      const { fl } = message;
      if (fl.kind === 'join') event({ event: 'joined', client, samples: fl.samples });
      if (fl.kind === 'decline') event({ event: 'declined', client, round: fl.round, reason: fl.reason });
    },
    onTrained: (result) => event({ event: 'trained', client, ...result, ...learned }),
    onRefused: refusals.take,
  });
  return { participant, learner, refusals };
}
