/** What a board says, as messages of the flow: predictions by the second output, everything else by the third. */
import type { BoardEvent, BoardState, LineFigures } from '../../lib/board/board';
import type { ModelSpec } from '../../lib/model/spec';
import { answersOf } from '../shared/answers';
import type { FlowMessage } from '../shared/red';

type Payload = Record<string, unknown>;

/** An event of the node, for dashboards and logs. */
export const event = (name: string, payload: object): FlowMessage => ({
  topic: 'fl/board',
  payload: { event: name, ...payload },
});

export const stateReport = (state: BoardState): FlowMessage => {
  if (state.state !== 'ready') return event('state', state);
  const { id, name, firmware, protocol, reset, arenaBytes, sensors, engines } = state.identity;
  return event('state', {
    state: 'ready',
    board: { id, name, firmware, protocol, reset, arenaBytes, sensors, engines },
  });
};

export const lineReport = (figures: LineFigures): FlowMessage => event('line', { ...figures });

const nameOf = (spec: ModelSpec, index: number | undefined): string | number | undefined =>
  index === undefined ? undefined : (spec.labels?.[index] ?? index);

/** An autoencoder's error needs its inputs, which stay on the board: a window of it tells the outputs as they are. */
function windowAnswer(spec: ModelSpec, outputs: Float32Array): Payload {
  if (spec.task === 'anomaly') return { values: [...outputs] };
  return {
    ...answersOf(
      spec,
      { features: new Float32Array(0), targets: new Float32Array(0), count: 1 },
      outputs,
      undefined,
    )[0],
  };
}

/** The messages by the second and the third output. `trained`: rounds of training in the model in use. */
export function boardReport(
  said: BoardEvent,
  spec: ModelSpec,
  trained: number | undefined,
): [prediction: FlowMessage | null, event: FlowMessage | null] {
  switch (said.event) {
    case 'window': {
      const { number, kept, outputs } = said;
      const told = event('window', { number, ...(kept !== undefined && { label: nameOf(spec, kept) }) });
      if (!outputs) return [null, told];
      const answer = { ...windowAnswer(spec, outputs), ...(trained !== undefined && { round: trained }) };
      return [{ topic: 'fl/prediction', payload: { ...answer, window: number } }, told];
    }
    case 'button':
      return [null, event('button', { pressed: said.pressed, number: said.number })];
    case 'log':
      return [null, event('log', { level: said.level, text: said.text })];
    case 'fit': {
      const { event: name, ...fit } = said;
      return [null, event(name, fit)];
    }
    case 'reset':
      return [null, event('reset', { reason: said.reason })];
    // Many a second, perhaps: the status line shows them.
    case 'rows':
      return [null, null];
  }
}
