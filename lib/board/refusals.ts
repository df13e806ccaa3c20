/** What a board refuses, as sentences that say what to do. */
import { refusalOf } from '../core/program';
import { RefusedError } from '../refused';

export const statuses = {
  unknown: 1,
  malformed: 2,
  noModel: 3,
  noWeights: 4,
  noSamples: 5,
  noMemory: 6,
  badModel: 7,
  busy: 8,
  wrongPlace: 9,
  badHash: 10,
  notFinite: 11,
  badClass: 12,
  badOptions: 13,
  diverged: 14,
  noTransfer: 15,
  noResult: 16,
  changed: 17,
  unsupported: 18,
  storage: 19,
  tooLarge: 20,
  noSensor: 21,
  badBackbone: 22,
} as const;

const sentences: Record<number, [string, string]> = {
  [statuses.unknown]: ['board-firmware', 'The board does not know this command: flash the newest firmware.'],
  [statuses.malformed]: ['board-firmware', 'The board does not understand this command: flash the newest firmware.'],
  [statuses.noModel]: ['no-model', 'The board has no model: load one first.'],
  [statuses.noWeights]: ['no-weights', 'The board has no weights yet: let the aggregator send a model first.'],
  [statuses.noSamples]: ['no-samples', 'The board has no samples yet: send some, or let its sensors collect them.'],
  [statuses.badHash]: ['board-transfer', 'The board received other bytes than were sent: try again, or another cable.'],
  [statuses.notFinite]: ['not-finite', 'The board refuses numbers that are not finite: remove those rows.'],
  [statuses.badClass]: ['samples', 'A sample has a class that the model does not have.'],
  [statuses.badOptions]: ['job', 'The board cannot train with these options: change the training of the aggregator.'],
  [statuses.diverged]: ['diverged', 'The training diverged: lower the learning rate, or clip the gradient.'],
  [statuses.unsupported]: [
    'board-unsupported',
    'This board cannot do that: flash the newest firmware, or leave it out.',
  ],
  [statuses.storage]: ['board-storage', 'The flash of the board cannot be written, or the model is too large for it.'],
  [statuses.tooLarge]: ['board-memory', 'This is too large for the board: make the model or its rows smaller.'],
  [statuses.noSensor]: ['no-sensor', 'The board does not have this sensor: choose another one.'],
  [statuses.badBackbone]: [
    'bad-backbone',
    'The board cannot run this backbone: use an int8 .tflite file that it knows.',
  ],
};

/** The board answered with a status that is not ok. */
export class StatusError extends Error {
  constructor(
    readonly status: number,
    readonly detail: number,
  ) {
    super(`The board answers with status ${status} (${detail}).`);
    this.name = 'StatusError';
  }
}

export function refusalOfStatus(status: number, detail: number): RefusedError {
  if (status === statuses.badModel) return refusalOf(-detail);
  const [code, sentence] = sentences[status] ?? [
    'board-answer',
    `The board refuses this with code ${status}: restart it, or flash the newest firmware.`,
  ];
  return new RefusedError(code, sentence);
}
