/** The small federation of the pumps, in which virtual boards stand where clients stood. */
import type { ModelHeader } from '../../../lib/update/message';
import { type Changes, palette, pumpFlow } from '../federation/factory';
import type { FlowItem, Received } from '../runtime';

export const boardPalette = [...palette, 'serial-device'];

export type Fields = Record<string, unknown>;
export const fieldsOf = ({ payload }: Received): Fields => payload as Fields;
export const headerOf = (msg: Received): ModelHeader => msg.fl as unknown as ModelHeader;
export const isModel = (msg: Received): boolean => headerOf(msg)?.kind === 'model';
export const isFinal = (msg: Received): boolean => isModel(msg) && headerOf(msg).cohort.length === 0;

/** Settings of a client that make a virtual board of it. */
export const asBoard = (changes: Fields = {}): Fields => ({
  type: 'fl-serial-device',
  board: 'virtual',
  capacity: '300',
  wires: [['agg'], ['predictions'], ['events']],
  ...changes,
});

/** Sinks beside those of the pumps: "predictions". */
export const boardFlow = (changes: Changes = {}): FlowItem[] =>
  pumpFlow({ ...changes, more: [{ id: 'predictions', z: 't', type: 'sink', wires: [] }, ...(changes.more ?? [])] });
