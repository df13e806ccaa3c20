/**
 * Brings a board to where it should be: asks what it has, and does only what is missing. Everything here may be broken off
 * at any moment and called again in the next session.
 */
import type { SampleBank } from '../data/sample-bank';
import { RefusedError } from '../refused';
import { type BoardStatus, decodeLoaded, decodeNumber, decodeStatus, decodeWidth, type Loaded } from './answers';
import type { BoardModel, Sensing } from './board';
import {
  beginBody,
  blockBody,
  clearBody,
  codes,
  commitBody,
  labelBody,
  rowsBody,
  senseBody,
  transfers,
} from './commands';
import { fitOfWanted, memoryRefusal } from './fit';
import { refusalOfStatus, StatusError, statuses } from './refusals';
import { offsetOf, type RowSnapshot, snapshotOf } from './row-numbers';
import { sensingWidth } from './sensing';
import type { Source, Talk } from './talk';
import type { Vectors } from './train-body';
import { type Blob, keyOf, type WantedModel } from './wanted';
import { lies } from './wire';

export interface Wanted {
  model?: WantedModel;
  weights?: Blob;
  bank?: SampleBank;
  sensing?: Sensing;
  /** Class of the windows to come. */
  label?: number;
}

export interface Upkeep {
  /** What the board has, asked at most once a session unless something may have changed it. */
  status(talk: Talk, signal?: AbortSignal): Promise<BoardStatus>;
  /** What is known may be wrong: ask again. */
  doubt(): void;
  model(talk: Talk, signal?: AbortSignal): Promise<void>;
  /** LOAD: what the board says of the memory that the model takes. */
  load(talk: Talk, signal?: AbortSignal): Promise<Loaded>;
  weights(talk: Talk, signal?: AbortSignal): Promise<void>;
  /** What a training takes beside the weights. */
  vectors(talk: Talk, vectors: Vectors, signal?: AbortSignal): Promise<void>;
  /** Rows of the bank; how many the board has then. */
  rows(talk: Talk, signal?: AbortSignal): Promise<number>;
  sensing(talk: Talk, signal?: AbortSignal): Promise<void>;
  /** What the board has now. */
  ask(talk: Talk, signal?: AbortSignal): Promise<BoardStatus>;
  /** The class of the windows to come; when its sensors are not set yet it is told with them. */
  label(talk: Talk, signal?: AbortSignal): Promise<void>;
}

const ROUNDS = 4;
const EMPTY = new Uint8Array(0);
const BLOCK_HEAD = 4;
const ROWS_HEAD = 6;

/** Bytes from `offset` on, in blocks as the line likes them. */
function blocksOf(bytes: Uint8Array, offset: number): Source {
  let at = offset;
  return (most) => {
    if (at >= bytes.length) return undefined;
    const part = bytes.subarray(at, at + most - BLOCK_HEAD);
    at += part.length;
    return blockBody(at - part.length, part);
  };
}

function rowsOf(rows: RowSnapshot, from: { row: number; number: number }): Source {
  let { row, number } = from;
  return (most) => {
    const begin = { row, number };
    const values: number[] = [];
    for (let room = Math.floor((most - ROWS_HEAD) / 4); room > 0 && row < rows.next; room--) {
      values.push(rows.value(row, number));
      number += 1;
      if (number < rows.numbers) continue;
      number = 0;
      row += 1;
    }
    return values.length > 0 ? rowsBody(begin.row, begin.number, values) : undefined;
  };
}

export function createUpkeep(wanted: Wanted, onStatus: (talk: Talk, status: BoardStatus) => void): Upkeep {
  let known: { talk: Talk; status: BoardStatus } | undefined;
  /** The rows on the board, when they are ours: their numbers, and up to which they were sent. */
  let sent: { boot: number; generation: number; offset: number; most: number } | undefined;
  /** Start of the board, and model, for which its sensors were set. */
  let sensed = '';

  const learn = (talk: Talk, body: Uint8Array): BoardStatus => {
    const status = decodeStatus(body);
    known = { talk, status };
    onStatus(talk, status);
    return status;
  };
  const ask = async (talk: Talk, signal?: AbortSignal): Promise<BoardStatus> =>
    learn(talk, await talk.request(codes.status, EMPTY, signal));
  const statusOf = async (talk: Talk, signal?: AbortSignal): Promise<BoardStatus> =>
    known?.talk === talk ? known.status : ask(talk, signal);

  const transfer = async (talk: Talk, kind: number, blob: Blob, signal?: AbortSignal): Promise<void> => {
    const { bytes, flags, sha256 } = blob;
    const answer = await talk.request(codes.begin, beginBody(kind, flags, bytes.length, sha256), signal);
    const offset = decodeNumber(answer, 'answer to a transfer');
    if (offset > bytes.length) lies('has more of a transfer than there is');
    await talk.stream(codes.block, blocksOf(bytes, offset), codes.commit, commitBody(kind, sha256), signal);
  };

  const need = (): WantedModel => {
    if (!wanted.model) throw new RefusedError('no-model', 'The board has no model: load one first.');
    return wanted.model;
  };

  const load = async (talk: Talk, signal?: AbortSignal): Promise<Loaded> => {
    const model = need();
    const layers = model.load.program[9];
    if (layers > talk.identity.maxLayers) {
      throw new RefusedError(
        'board-layers',
        `The board takes ${talk.identity.maxLayers} layers and the model has ${layers}: make it less deep.`,
      );
    }
    let status = await statusOf(talk, signal);
    if (model.backbone && status.backbone !== keyOf(model.backbone)) {
      await transfer(talk, transfers.backbone, model.backbone, signal);
    }
    const answer = talk.request(codes.load, model.body, signal).catch((error: unknown) => {
      if (!(error instanceof StatusError && error.status === statuses.noMemory)) throw error;
      throw memoryRefusal(model.model, { ...fitOfWanted(model, talk.identity.arenaBytes), neededBytes: error.detail });
    });
    const loaded = decodeLoaded(await answer);
    status = await ask(talk, signal);
    if (status.model !== model.load.key) lies('was given a model and has another');
    if (model.backbone && status.backbone !== keyOf(model.backbone)) lies('was given a backbone and has another');
    if (model.load.rows > 0 && loaded.capacity !== model.load.rows) lies('has another number of places than was asked');
    return loaded;
  };

  const model = async (talk: Talk, signal?: AbortSignal): Promise<void> => {
    const wants = need();
    const { model: key, backbone } = await statusOf(talk, signal);
    if (key === wants.load.key && (!wants.backbone || backbone === keyOf(wants.backbone))) return;
    await load(talk, signal);
  };

  const weights = async (talk: Talk, signal?: AbortSignal): Promise<void> => {
    const { weights: blob } = wanted;
    if (!blob) return;
    if ((await statusOf(talk, signal)).weights === keyOf(blob)) return;
    await transfer(talk, transfers.weights, blob, signal);
    if ((await ask(talk, signal)).weights !== keyOf(blob)) lies('was given weights and uses others');
  };

  const vectors = async (talk: Talk, [control, anchor]: Vectors, signal?: AbortSignal): Promise<void> => {
    if (control) await transfer(talk, transfers.control, control, signal);
    if (anchor) await transfer(talk, transfers.anchor, anchor, signal);
  };

  /** The rows as the bank has them now, and whether what the board has is the beginning of them. */
  const compare = (talk: Talk, bank: SampleBank, status: BoardStatus): RowSnapshot | undefined => {
    if (sent?.boot !== talk.identity.boot || sent.generation !== bank.generation) return undefined;
    const rows = snapshotOf(bank, sent.offset);
    const fits = status.rowsTaken >= rows.first && status.rowsTaken <= Math.min(rows.next, sent.most);
    return fits ? rows : undefined;
  };

  const rows = async (talk: Talk, signal?: AbortSignal): Promise<number> => {
    const { bank } = wanted;
    let status = await statusOf(talk, signal);
    if (!bank) return status.rowsHeld;
    for (let round = 0; round < ROUNDS; round++) {
      if (status.capacity !== bank.capacity) lies('has another number of places than was asked');
      let snapshot = compare(talk, bank, status);
      if (!snapshot) {
        const offset = offsetOf(bank);
        snapshot = snapshotOf(bank, offset);
        sent = undefined;
        await talk.request(codes.clear, clearBody(snapshot.first), signal);
        sent = { boot: talk.identity.boot, generation: snapshot.generation, offset, most: snapshot.first };
        status = { ...status, rowsTaken: snapshot.first, rowsHeld: 0, numbers: 0 };
      }
      const { first, next } = snapshot;
      if (status.rowsTaken < next && sent) {
        sent.most = Math.max(sent.most, next);
        try {
          const source = rowsOf(snapshot, { row: status.rowsTaken, number: status.numbers });
          learn(talk, await talk.stream(codes.rows, source, codes.status, EMPTY, signal));
        } catch (error) {
          // It stands elsewhere than was thought: ask where, and go on from there.
          if (!(error instanceof StatusError && error.status === statuses.wrongPlace)) throw error;
        }
        status = await ask(talk, signal);
      }
      if (status.rowsTaken === next) {
        if (status.rowsHeld !== next - first) lies(`holds ${status.rowsHeld} of ${next - first} rows`);
        return status.rowsHeld;
      }
      if (status.rowsTaken > next) sent = undefined;
    }
    throw refusalOfStatus(statuses.wrongPlace, status.rowsTaken);
  };

  /** A new start of the board, or another model, ends its sensing. */
  const sensingName = ({ identity }: Talk): string => `${identity.boot} ${wanted.model?.load.key}`;
  const label = async (talk: Talk, signal?: AbortSignal): Promise<void> => {
    if (sensed === sensingName(talk)) await talk.request(codes.label, labelBody('next', wanted.label), signal);
  };
  const sensing = async (talk: Talk, signal?: AbortSignal): Promise<void> => {
    const { sensing: what } = wanted;
    if (!what || !wanted.model) return;
    const name = sensingName(talk);
    if (sensed === name) return;
    sensed = '';
    const width = decodeWidth(await talk.request(codes.sense, senseBody(what), signal));
    if (width !== sensingWidth(what)) lies(`makes windows of ${width} numbers where ${sensingWidth(what)} were asked`);
    sensed = name;
    await label(talk, signal);
  };

  return {
    status: statusOf,
    doubt() {
      known = undefined;
    },
    model,
    load,
    weights,
    vectors,
    rows,
    sensing,
    ask,
    label,
  };
}

export const roomFor = (model: BoardModel, bank: SampleBank | undefined): number => model.rows ?? bank?.capacity ?? 0;
