/** The settings of an fl-serial-device. */
import type { Sensing } from '../../lib/board/board';
import { channelsOf, FEATURE_NAMES, sensingWidth } from '../../lib/board/sensing';
import type { ModelSpec } from '../../lib/model/spec';
import { RefusedError } from '../../lib/refused';
import { type Participation, participation } from '../shared/participation';
import { type PersonalChoice, personalChoice } from '../shared/personal';
import type { FlowNode, Settings } from '../shared/red';
import { choice, flag, list, number, text } from '../shared/settings';

export interface DeviceOptions extends Participation, PersonalChoice {
  /** Path of the serial port; undefined: a virtual board. */
  port: string | undefined;
  /** Only this board; undefined: the first one that was there. */
  boardId: string | undefined;
  /** Of the updates. */
  bits: 0 | 8;
  /** The rows are kept on the disk of the gateway too; only with rows from the flow. */
  persistent: boolean;
  /** The model goes into the board's flash when the federation has ended. */
  flash: boolean;
  /** Absent: rows come from the flow. */
  sensing: Sensing | undefined;
}

export const ROWS_DEFAULT = 200;
const SENSORS = ['host', 'motion', 'microphone', 'climate', 'light'] as const;
const MOST_READINGS = 65_535;

function sensingOf(settings: Settings): Sensing | undefined {
  if (choice(settings, 'source', ['flow', 'sensors'] as const, 'flow') === 'flow') return undefined;
  const sensor = choice(settings, 'sensor', SENSORS, 'motion');
  const wanted = list(settings, 'features');
  const unknown = wanted.find((name) => !FEATURE_NAMES.some((known) => known === name));
  if (unknown !== undefined) {
    throw new RefusedError(
      'bad-setting',
      `"${unknown.slice(0, 40)}" is no feature: choose from ${FEATURE_NAMES.join(', ')}.`,
    );
  }
  const features = FEATURE_NAMES.filter((name) => wanted.includes(name));
  if (features.length === 0) {
    throw new RefusedError('bad-setting', 'Choose at least one feature: what of a window the model is to see.');
  }
  const whole = { min: 1, max: MOST_READINGS, integer: true } as const;
  const sensing: Sensing = {
    sensor,
    ...(sensor === 'host' && { channels: number(settings, 'channels', 1, { min: 1, max: 16, integer: true }) }),
    rate: number(settings, 'rate', 50, { min: 0.01, max: 100_000 }),
    window: number(settings, 'window', 50, whole),
    hop: number(settings, 'hop', 25, whole),
    features,
    predict: flag(settings, 'predict', true),
    keep: true,
  };
  if (sensing.window * channelsOf(sensing) > MOST_READINGS) {
    throw new RefusedError('bad-setting', 'Shorten the window: it may hold at most 65,535 numbers.');
  }
  return sensing;
}

function personalOf(settings: Settings): PersonalChoice {
  if (text(settings, 'personal') === 'per-fedavg') {
    throw new RefusedError(
      'bad-setting',
      'A board would be sent its weights anew for each gradient of Per-FedAvg: choose fedper, fedrep, ditto or fine-tuning.',
    );
  }
  return personalChoice(settings);
}

/** Throws RefusedError with one sentence that says what to mend. */
export function deviceOptions(settings: Settings, node: FlowNode): DeviceOptions {
  const virtual = choice(settings, 'board', ['virtual', 'serial'] as const, 'virtual') === 'virtual';
  const port = text(settings, 'port');
  if (!virtual && port === '') {
    throw new RefusedError(
      'choose-port',
      'Choose the port of the board: open this node and pick one in the field "Board".',
    );
  }
  const boardId = text(settings, 'boardId')
    .toLowerCase()
    .replace(/[\s:-]/g, '');
  if (boardId !== '' && !/^[0-9a-f]{32}$/.test(boardId)) {
    throw new RefusedError(
      'bad-setting',
      'The id of a board is 32 hexadecimal digits: leave the field empty, and it is learnt on first contact.',
    );
  }
  return {
    ...participation(settings, node, ROWS_DEFAULT),
    ...personalOf(settings),
    port: virtual ? undefined : port,
    boardId: virtual || boardId === '' ? undefined : boardId,
    bits: choice(settings, 'update', ['float32', 'int8'] as const, 'float32') === 'int8' ? 8 : 0,
    persistent: flag(settings, 'persistent', true),
    flash: flag(settings, 'flash', false),
    sensing: sensingOf(settings),
  };
}

/** Throws RefusedError when windows of the sensor do not fit the model. `width`: numbers of a row. */
export function requireSensing(sensing: Sensing, spec: ModelSpec, width: number): void {
  if (spec.task === 'regress' || spec.task === 'multi-label') {
    throw new RefusedError(
      'sensor-task',
      'Windows of a sensor are labelled by class: choose a model that classifies or detects anomalies, or send the samples by the flow.',
    );
  }
  const given = sensingWidth(sensing);
  if (given !== width) {
    throw new RefusedError(
      'sensor-width',
      `A window gives ${given} numbers, but the model takes ${width}: change its input shape, the window or the features.`,
    );
  }
}
