/** A federation in this process whose members learn on boards or on the gateway, and the model that it ends with. */
import type { BoardState, OpenLine } from '../../lib/board/board';
import { createBoard } from '../../lib/board/create-board';
import { boardLearner } from '../../lib/board/learner';
import { type SampleBank, sampleBank } from '../../lib/data/sample-bank';
import { createCoordinator } from '../../lib/federation/coordinator';
import { type FederatedModel, federatedModel } from '../../lib/federation/federated-model';
import { gatewayLearner } from '../../lib/federation/gateway-learner';
import type { Learner } from '../../lib/federation/learner';
import { federationOptions } from '../../lib/federation/options';
import { createParticipant, type Participant } from '../../lib/federation/participant';
import { type PersonalWish, personalOptions } from '../../lib/federation/personal/options';
import { personalLearner } from '../../lib/federation/personal/personal-learner';
import type { StrategyOptions } from '../../lib/federation/strategies/options';
import { inputSize, type ModelSpec } from '../../lib/model';
import { generator } from '../../lib/random/generator';
import { createCoreEngine } from '../../lib/training/core/engine';
import type { TrainingOptions } from '../../lib/training/engine';
import { applyCodec } from '../../lib/update/codecs/registry';
import type { FederationHeader, Message, UpdateHeader } from '../../lib/update/message';

export interface Member {
  name: string;
  /** Of its updates. */
  bits: 0 | 8;
  /** The board; absent: the gateway's engine. */
  openLine?: OpenLine;
}

export interface FederationPlan {
  spec: ModelSpec;
  rows: number;
  rounds: number;
  training: Omit<TrainingOptions, 'seed'>;
  /** Default: FedAvg. */
  strategy?: StrategyOptions;
  members: Member[];
  /** Each member makes a personal model too. */
  personal?: PersonalWish;
  /** Called when a model goes out. */
  onRound?(round: number): void;
  /** A member is in the middle of its training. */
  onTraining?(member: number, round: number): void;
  onTrouble?(what: string): void;
}

export interface Outcome {
  weights: Float32Array;
  /** Updates of each round. */
  updates: number[];
  refused: string[];
  /** The last one of each member. */
  personal: (Float32Array | undefined)[];
  figures: ReturnType<typeof createBoard>['figures'][];
}

/** More say that a board does not come back. */
const MOST_VOIDS = 20;

/** Rows by lot, each member's own: the classes lie in different directions. */
function fill(bank: SampleBank, spec: ModelSpec, rows: number, name: string): void {
  const random = generator(5, name);
  const width = inputSize(spec);
  const classes = spec.labels?.length ?? 2;
  for (let row = 0; row < rows; row++) {
    const label = random.below(classes);
    const features = Float32Array.from({ length: width }, (_, i) => random.normal() + (i % classes === label ? 1 : 0));
    bank.add({ features, targets: Float32Array.of(label), count: 1 });
  }
}

/** As a board does it. */
function quantised({ fl, payload }: Message<UpdateHeader>): Message<UpdateHeader> {
  const how = { bits: 8, grid: 'symmetric', per: 'tensor', rounding: 'nearest', seed: 0 };
  const coded = applyCodec({ fl, payload }, 'quantize', how);
  return { fl: { ...fl, codecs: coded.codecs }, payload: coded.payload };
}

const isUpdate = (message: Message<FederationHeader>): message is Message<UpdateHeader> => message.fl.kind === 'update';

export async function runFederation(plan: FederationPlan): Promise<Outcome> {
  const model: FederatedModel = federatedModel(plan.spec);
  const engine = createCoreEngine();
  const outcome: Outcome = { weights: new Float32Array(0), updates: [], refused: [], personal: [], figures: [] };
  const participants: Participant[] = [];
  const closers: (() => Promise<void>)[] = [];
  let finish: () => void = () => {};
  let fail: (error: Error) => void = () => {};
  const finished = new Promise<void>((resolve, reject) => {
    finish = resolve;
    fail = reject;
  });
  let ended = false;
  let voids = 0;
  const lacking = new Set<number>(plan.personal ? plan.members.keys() : []);
  const finishWhenDone = (): void => {
    if (ended && lacking.size === 0) finish();
  };
  const coordinator = await createCoordinator({
    federation: 'bench',
    model,
    options: federationOptions({
      rounds: plan.rounds,
      minClients: plan.members.length,
      quorum: plan.members.length,
      deadlineMs: 120_000,
      training: { seed: 3, ...plan.training },
      ...(plan.strategy && { strategy: plan.strategy }),
    }),
    send(message) {
      if (message.fl.kind === 'model') plan.onRound?.(message.fl.round);
      for (const participant of participants) participant.receive(message);
    },
    onMetrics: ({ updates, void: why }) => {
      if (why === undefined) {
        outcome.updates.push(updates);
        return;
      }
      // On a busy machine a board may be away for a while: the round is asked again, and its bits are the same.
      console.log(`      a round was void: ${why}`);
      voids += 1;
      if (voids > MOST_VOIDS) fail(new Error(`${voids} rounds were void: ${why} ${outcome.refused.join(', ')}`));
    },
    onRefused: ({ code, message }) => outcome.refused.push(`${code}: ${message}`),
    onStatus: ({ phase }) => {
      ended = phase === 'finished';
      finishWhenDone();
    },
  });

  for (const [index, { name, bits, openLine }] of plan.members.entries()) {
    const bank = sampleBank({ width: inputSize(plan.spec), targetWidth: 1, capacity: plan.rows, eviction: 'oldest' });
    fill(bank, plan.spec, plan.rows, name);
    let participant: Participant | undefined;
    let learner: Learner;
    if (openLine) {
      let stateChanged: ((state: BoardState) => void) | undefined;
      const board = createBoard({ openLine, bank, onState: (state) => stateChanged?.(state) });
      const made = boardLearner({
        board,
        model,
        bits,
        bank,
        onChange: () => participant?.samplesChanged(),
        onTrouble: (error) => plan.onTrouble?.(`${name}: ${String(error)}`),
      });
      stateChanged = made.stateChanged;
      stateChanged(board.state);
      learner = made;
      closers.push(async () => {
        outcome.figures.push({ ...board.figures });
        made.close();
        await board.close();
      });
    } else {
      learner = gatewayLearner({ model, bank, train: (job) => engine.train(job) });
    }
    if (plan.personal) {
      learner = personalLearner({
        model,
        options: personalOptions(plan.personal),
        learner,
        onPersonal: ({ weights, final }) => {
          outcome.personal[index] = weights;
          if (final) lacking.delete(index);
          finishWhenDone();
        },
        onTrouble: ({ code, message }) => fail(new Error(`${name}: ${code}: ${message}`)),
      });
    }
    participant = createParticipant({
      federation: 'bench',
      client: name,
      model,
      learner,
      send(message) {
        coordinator.receive(bits === 8 && !openLine && isUpdate(message) ? quantised(message) : message);
      },
      onStatus(status) {
        if (status.state === 'training' && status.progress > 0) plan.onTraining?.(index, status.round);
      },
      onRefused: ({ code, message }) => outcome.refused.push(`${name}: ${code}: ${message}`),
    });
    participants.push(participant);
  }
  try {
    for (const participant of participants) participant.samplesChanged();
    await finished;
    outcome.weights = coordinator.snapshot().weights;
    return outcome;
  } finally {
    for (const participant of participants) participant.close();
    await coordinator.close();
    for (const close of closers) await close();
  }
}

/** The same members, all of them on the gateway's engine. */
export const onGateways = (plan: FederationPlan): FederationPlan => ({
  ...plan,
  members: plan.members.map(({ name, bits }) => ({ name, bits })),
  onRound: undefined,
  onTraining: undefined,
});
