/** Boards at the end of a cable, and virtual ones. */
export type {
  Board,
  BoardEvent,
  BoardIdentity,
  BoardJob,
  BoardModel,
  BoardParts,
  BoardState,
  BoardUpdate,
  Fit,
  Line,
  LineEvents,
  LineFigures,
  OpenLine,
  Sensing,
} from './board';
export { createBoard } from './create-board';
export { type BoardLearner, boardLearner } from './learner';
export { type SerialLineOptions, serialLine } from './serial/serial-line';
export { listPorts, type SerialPortInfo } from './serial/serial-ports';
export { type VirtualBoard, type VirtualBoardOptions, virtualBoard } from './virtual/virtual-board';
