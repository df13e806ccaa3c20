/** What a board says it has learned, before it is believed: a board that is wrong or lies must change no model. */
import { isDeepStrictEqual } from 'node:util';
import { type FederatedModel, tensorSizes } from '../federation/federated-model';
import { RefusedError } from '../refused';
import { decodeAll } from '../update/codecs/registry';
import type { CodecStep } from '../update/message';
import type { BoardJob, BoardUpdate } from './board';

/** The codec that a board quantises with. */
export const BOARD_CODEC: CodecStep = {
  name: 'quantize',
  bits: 8,
  grid: 'symmetric',
  per: 'tensor',
  rounding: 'nearest',
};

export interface Expected {
  layout: FederatedModel['layout'];
  bits: BoardJob['bits'];
  /** Rows that it can have trained on. */
  rows: { least: number; most: number };
}

/** Throws RefusedError 'board-lies'. */
export function checkUpdate(update: BoardUpdate, { layout, bits, rows }: Expected): void {
  const lie = (what: string): never => {
    throw new RefusedError('board-lies', `${what}: its update was not sent. Restart the board, or flash it again.`);
  };
  const { payload, codecs, samples } = update;
  if (!Number.isInteger(samples) || samples < rows.least || samples > rows.most) {
    const wanted = rows.least === rows.most ? `${rows.most}` : `${rows.least} to ${rows.most}`;
    lie(`The board says that it trained on ${samples} samples, where it has ${wanted}`);
  }
  if (!isDeepStrictEqual(codecs, bits === 8 ? [BOARD_CODEC] : [])) lie('The board sent another format than was asked');
  let values: Float32Array | undefined;
  try {
    values = decodeAll(payload, codecs, tensorSizes(layout));
  } catch (error) {
    lie(`The board sent no update of this model (${error instanceof Error ? error.message : String(error)})`);
  }
  if (!values?.every(Number.isFinite)) lie('The update of the board holds NaN or infinity');
}
