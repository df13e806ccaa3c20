/** What a message without a header asks of the board, by its topic. */
import type { Board } from '../../lib/board/board';
import type { BoardLearner } from '../../lib/board/learner';
import { channelsOf, readingsFrom } from '../../lib/board/sensing';
import { classIndex, unknownClass } from '../../lib/data/labels';
import { type SampleShape, samplesFrom } from '../../lib/data/sample-input';
import type { Participant } from '../../lib/federation/participant';
import type { PersonalLearner } from '../../lib/federation/personal/personal-learner';
import { inputSize } from '../../lib/model';
import { RefusedError } from '../../lib/refused';
import { answersOf, expectedOf } from '../shared/answers';
import type { ToldFacts } from '../shared/facts';
import type { Intake } from '../shared/intake';
import type { Model } from '../shared/model';
import type { FlowMessage, Send } from '../shared/red';
import type { Cable } from './cable';
import type { DeviceOptions } from './options';
import { event } from './reports';

export interface Commanded {
  board: Board;
  learner: BoardLearner;
  personal?: PersonalLearner;
  model: Model;
  options: DeviceOptions;
  shape: SampleShape;
  /** Rows come from the flow. */
  intake: Intake | undefined;
  cable: Cable | undefined;
  /** Ends when the board knows the label that came last. */
  labelled: { last: Promise<unknown> };
  participant: Pick<Participant, 'factsChanged'>;
  facts: ToldFacts;
  closing: AbortSignal;
  /** By the third output. */
  tell(message: FlowMessage): void;
  /** Takes the board that is there now for the right one. */
  acceptBoard(): Promise<void>;
}

type Command = (device: Commanded, msg: FlowMessage, send: Send) => void | Promise<void>;

const MOST_ROWS = 1000;

/** The number of a class; undefined: of none. */
function classOf(
  { model, options }: Pick<Commanded, 'model' | 'options'>,
  { payload }: FlowMessage,
): number | undefined {
  if (!options.sensing) {
    throw new RefusedError(
      'flow-samples',
      'The rows of this board come from the flow: put the label into msg.label of each sample.',
    );
  }
  if (payload === undefined || payload === null || payload === '' || payload === false) return undefined;
  const { task, labels } = model.spec;
  // Every window that is kept is one of how things should be.
  if (task === 'anomaly') return 0;
  const index = classIndex(payload, labels ?? []);
  if (index < 0) throw new RefusedError('unknown-label', unknownClass(payload, labels ?? []));
  return index;
}

async function predict({ learner, model, shape, closing }: Commanded, msg: FlowMessage, send: Send): Promise<void> {
  const sample = msg.payload;
  const block = samplesFrom({ payload: sample }, { ...shape, targetWidth: 0 });
  if (block.count > MOST_ROWS) {
    throw new RefusedError('sample', `Send at most ${MOST_ROWS} rows at once to a board: ${block.count} came.`);
  }
  const width = block.features.length / Math.max(1, block.count);
  const rows: Float32Array[] = [];
  for (let row = 0; row < block.count; row++) {
    rows.push(await learner.predict(block.features.subarray(row * width, (row + 1) * width), closing));
  }
  const outputs = Float32Array.from(rows.flatMap((row) => [...row]));
  const { round = 1, normalisation, threshold } = learner.inUse ?? {};
  const { spec } = model;
  const many = block.count > 1 || (Array.isArray(sample) && typeof sample[0] === 'object' && sample[0] !== null);
  const expected = expectedOf(msg, sample, many);
  const bare =
    spec.task === 'anomaly' && shape.width !== inputSize(spec)
      ? rows.map((row) => ({ values: [...row] }))
      : answersOf(spec, block, outputs, normalisation, threshold);
  const answers = bare.map((answer, i) => ({
    ...answer,
    round: Math.max(0, round - 1),
    ...(expected[i] !== undefined && expected[i] !== null && { expected: expected[i] }),
  }));
  send([null, { ...msg, payload: many ? answers : answers[0] }]);
}

const virtualCable = ({ cable }: Commanded): Cable => {
  if (cable) return cable;
  throw new RefusedError(
    'not-virtual',
    'Only a virtual board can be unplugged by a message: pull the cable of this one.',
  );
};

const commands: Record<string, Command> = {
  predict,
  async evaluate({ learner, closing, tell }) {
    const { rows, loss, hits } = await learner.evaluate(closing);
    tell(event('evaluation', { rows, loss, hits, ...(rows > 0 && { accuracy: hits / rows }) }));
  },
  async readings({ board, options, labelled }, msg) {
    const { sensing } = options;
    if (sensing?.sensor !== 'host') {
      throw new RefusedError(
        'no-host-sensor',
        'This board takes no readings from the flow: set its sensor to "readings from the flow".',
      );
    }
    const values = readingsFrom(msg.payload, channelsOf(sensing));
    // What comes behind a label is of its class; without a line it is lost anyway.
    if (board.state.state === 'ready') await labelled.last;
    board.readings(values);
  },
  label({ board, labelled, ...device }, msg) {
    const label = classOf(device, msg);
    const done = labelled.last.then(() => board.label('next', label));
    labelled.last = done.catch(() => undefined);
    return done;
  },
  'label-last': async (device, msg) => device.learner.labelLast(classOf(device, msg), device.closing),
  facts: ({ facts, participant }, msg) => facts.take(msg, participant),
  async forget({ learner, personal, intake, closing }) {
    await Promise.all([intake?.forget(), personal?.forget()]);
    await learner.forget(closing);
  },
  save: ({ learner, closing }) => learner.save(closing),
  restart: ({ learner, closing }) => learner.restart(closing),
  'accept-board': ({ acceptBoard }) => acceptBoard(),
  unplug: (device) => virtualCable(device).unplug(),
  plug: (device) => virtualCable(device).plug(),
};

/** Undefined: the topic is no command, the message a sample. */
export const commandOf = (topic: unknown): Command | undefined =>
  typeof topic === 'string' && Object.hasOwn(commands, topic) ? commands[topic] : undefined;
