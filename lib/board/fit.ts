/** Whether a model fits a board, said before anything is sent: the memory plan of the board's own C++. */
import { RefusedError } from '../refused';
import type { BoardModel, Fit } from './board';
import { createBoardMemory } from './board-wasm';
import { refusalOfStatus, statuses } from './refusals';
import { type WantedModel, wantedModel } from './wanted';

/** Of 1,024 bytes, as memories are sold. */
const kilobytes = (bytes: number): string => `${Math.ceil(bytes / 1024)} kB`;

/** What of the model the room is for. */
function takers({ vectors }: BoardModel): string {
  const more = [vectors?.control && 'control vector', vectors?.anchor && 'anchor'].filter(Boolean);
  return more.length > 0 ? `The model with the ${more.join(' and ')} of its training` : 'The model';
}

/** "The model needs 141 kB of the board's 128 kB: keep at most 812 samples, or make ..." */
export function memoryRefusal(
  model: BoardModel,
  fit: Pick<Fit, 'neededBytes' | 'arenaBytes' | 'mostRows'>,
): RefusedError {
  const { neededBytes, arenaBytes, mostRows } = fit;
  const missing = model.vectors ? `, ${neededBytes - arenaBytes} bytes too many` : '';
  const without = model.vectors ? ', or choose a strategy that needs no such vector' : '';
  const samples = mostRows > 0 ? `keep at most ${mostRows} ${mostRows === 1 ? 'sample' : 'samples'}, or ` : '';
  return new RefusedError(
    'board-memory',
    `${takers(model)} needs ${kilobytes(neededBytes)} of the board's ${kilobytes(arenaBytes)}${missing}: ${samples}make its layers or the batch smaller${without}.`,
  );
}

function plan(wanted: WantedModel, rows: number, arenaBytes: number) {
  const { exports: wasm, allocate, bytes } = createBoardMemory();
  const { program, targets, flags } = wanted.load;
  const backbone = wanted.backbone?.bytes;
  const scratchAt = allocate(wasm.board_bytes(0));
  const programAt = allocate(program.byteLength);
  const fitAt = allocate(8);
  const backboneAt = backbone ? allocate(backbone.length) : 0;
  bytes(programAt, program.byteLength).set(new Uint8Array(program.buffer, program.byteOffset, program.byteLength));
  if (backbone) bytes(backboneAt, backbone.length).set(backbone);
  const status = wasm.board_plan(
    scratchAt,
    programAt,
    program.length,
    flags,
    rows,
    targets,
    arenaBytes,
    backboneAt,
    backbone?.length ?? 0,
    fitAt,
  );
  const [needed, held] = new Uint32Array(bytes(fitAt, 8).slice().buffer);
  return { status, needed, held };
}

/** Throws RefusedError when the core cannot run the model at all. */
export function fitOfWanted(wanted: WantedModel, arenaBytes: number): Fit {
  const { status, needed, held } = plan(wanted, wanted.load.rows, arenaBytes);
  if (status !== 0 && status !== statuses.noMemory) throw refusalOfStatus(status, 0);
  // With fewer rows than a batch has, smaller batches were planned.
  const most = plan(wantedModel(wanted.model, 0), 0, arenaBytes);
  return {
    neededBytes: needed,
    arenaBytes,
    mostRows: most.status === 0 ? Math.max(most.held, held) : held,
    fits: status === 0,
  };
}

/**
 * What a model with room for `rows` samples (0: as many as fit) takes of a board's memory, by the plan of the engine "core".
 * Throws RefusedError for a model that the core cannot train.
 */
export const fitOf = (model: BoardModel, rows: number, arenaBytes: number): Fit =>
  fitOfWanted(wantedModel(model, rows), arenaBytes);
