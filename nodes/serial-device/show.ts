/** The line under the node, from what is known of board, model, rows and participant. */
import type { BoardState, Fit } from '../../lib/board/board';
import type { ParticipantStatus } from '../../lib/federation/participant';
import type { Status } from '../shared/status';

export interface View {
  board: BoardState;
  /** The cable of the virtual board is out. */
  unplugged: boolean;
  /** What the model takes of the board's memory; undefined: not planned yet. */
  fit: Fit | undefined;
  /** The model is on the board. */
  loaded: boolean;
  /** A pass over a data set is under way: so many rows have come. */
  filling: number | undefined;
  /** Rows that the board is to have, and has. */
  rows: { wanted: number; held: number };
  participant: ParticipantStatus | undefined;
  minSamples: number;
}

const kilobytes = (bytes: number): number => Math.ceil(bytes / 1024);

/** `wordsOf`: a few words for the code of a refusal; undefined: there are none. */
export function show(status: Status, view: View, wordsOf: (code: string) => string | undefined): void {
  const { board, fit, rows, participant, filling } = view;
  if (board.state === 'absent') {
    status.error(view.unplugged ? 'status.unplugged' : 'status.absent');
  } else if (board.state === 'refused') {
    status.broken(wordsOf(board.code) ?? board.code.replaceAll('-', ' '));
  } else if (board.state === 'greeting') {
    status.waiting('status.greeting');
  } else if (!view.loaded) {
    if (!fit) status.working('status.loading');
    else status.working('status.fitting', { needed: kilobytes(fit.neededBytes), arena: kilobytes(fit.arenaBytes) });
  } else if (filling !== undefined) {
    status.working('status.filling', { held: filling });
  } else if (participant?.state === 'training') {
    status.working('status.training', { round: participant.round, percent: Math.round(100 * participant.progress) });
  } else if (rows.held < rows.wanted) {
    status.working('status.rows', rows);
  } else if (rows.wanted < view.minSamples) {
    status.waiting('status.samples', { held: rows.wanted, wanted: view.minSamples });
  } else {
    status.ready('status.ready', { held: rows.wanted });
  }
}
