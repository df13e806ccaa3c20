/** A board that takes part: its line, the board behind it, the learner on it, and the participant that answers for it. */
import { isDeepStrictEqual } from 'node:util';
import type { NodeMessage } from 'node-red';
import type { BoardState, Fit } from '../../lib/board/board';
import { createBoard } from '../../lib/board/create-board';
import { boardLearner } from '../../lib/board/learner';
import { userOf } from '../../lib/board/serial/port-lease';
import { meaningOf, shapeOf } from '../../lib/data/sample-input';
import { localMemory } from '../../lib/federation/local/memory';
import { createParticipant, type Participant, type ParticipantStatus } from '../../lib/federation/participant';
import { errorSketch } from '../../lib/federation/threshold';
import { targetWidth } from '../../lib/model/shapes';
import { RefusedError } from '../../lib/refused';
import { createStore } from '../../lib/state/store';
import type { SampleBlock } from '../../lib/training/engine';
import { createEmbedding } from '../shared/embedding';
import type { ToldFacts } from '../shared/facts';
import { createIntake, type Intake } from '../shared/intake';
import { openSamples } from '../shared/kept-samples';
import { findModel, stateFolder } from '../shared/model';
import { requirePlace } from '../shared/participation';
import { figuresOf, openPersonal } from '../shared/personal';
import { leasePool } from '../shared/pool';
import { detached, type FlowMessage, type FlowNode, type Red, type Settings } from '../shared/red';
import { text } from '../shared/settings';
import type { Shell } from '../shared/shell';
import type { Commanded } from './commands';
import type { KnownBoard } from './known-board';
import { createLine } from './line';
import { deviceOptions, requireSensing } from './options';
import { boardReport, event, lineReport, stateReport } from './reports';
import { show, type View } from './show';

export interface DeviceParts {
  RED: Red;
  node: FlowNode;
  settings: Settings;
  shell: Shell;
  known: KnownBoard;
  facts: ToldFacts;
  /** Refused by the participant. */
  onRefused(refused: RefusedError): void;
  acceptBoard(): Promise<void>;
}

export interface Device extends Omit<Commanded, 'closing' | 'acceptBoard'> {
  participant: Participant;
  close(): Promise<void>;
}

/** Rejects with a RefusedError that says what to mend. Nothing is left open then. */
export async function openDevice(parts: DeviceParts): Promise<Device> {
  const { RED, node, settings, shell, known, facts } = parts;
  const model = await findModel(RED, settings.model);
  const options = deviceOptions(settings, node);
  const { client, federation, minSamples, sensing, port } = options;
  requirePlace(RED, node, options);
  const shape = shapeOf(model.spec, targetWidth(model.spec));
  if (sensing) requireSensing(sensing, model.spec, shape.width);
  const id = options.boardId ?? (port === undefined ? undefined : await known.read());
  const store = options.persistent ? createStore(stateFolder(RED, 'clients')) : undefined;
  const warn = (sentence: string): void => node.warn(sentence);
  const samples = sensing
    ? undefined
    : await openSamples(
        {
          width: shape.width,
          targetWidth: shape.targetWidth,
          capacity: options.capacity,
          heldOutShare: options.heldOutShare,
          eviction: 'oldest',
          // A gateway keeps what the backbone makes of a sample, a board's gateway the sample.
          meaning: meaningOf(model.spec) + (model.spec.backbone ? ' as they come' : ''),
          name: `${federation} ${client}`,
          ...(store ? { store } : {}),
        },
        warn,
      );
  const makePersonal =
    options.personal && (await openPersonal({ model, federation, client }, options.personal, store, warn));
  const bank = samples?.bank;
  const pool = leasePool(RED, shell.closing);
  shell.closing.throwIfAborted();

  let closed = false;
  /** Everything below exists. */
  let made = false;
  let fit: Fit | undefined;
  let loaded = false;
  let broken = false;
  let said: ParticipantStatus | undefined;
  const tell = (message: FlowMessage | null, prediction: FlowMessage | null = null): void => {
    if (!closed && (message || prediction)) node.send([null, prediction, message] as NodeMessage[]);
  };
  const line = createLine({ RED, node: settings.id, name: text(settings, 'name', client), port });
  const wordsOf = (code: string): string | undefined => {
    const key = `refused.${code}`;
    const words = RED._(key);
    return typeof words !== 'string' || words.endsWith(key) ? undefined : words;
  };
  const showAll = (): void => {
    if (closed || broken) return;
    const held = board.rows.held;
    const view: View = {
      board: board.state,
      unplugged: line.cable?.out ?? false,
      fit,
      loaded,
      filling: intake?.loading ? bank?.count : undefined,
      rows: { wanted: bank ? bank.count : held, held },
      participant: said,
      minSamples,
    };
    show(shell.status, view, (code) => {
      // The name says more than that it is in use.
      const user = code === 'port-shared' && port !== undefined ? userOf(port) : undefined;
      return user === undefined ? wordsOf(code) : RED._('status.usedBy', { name: user });
    });
  };
  const changed = (): void => {
    if (!intake?.loading) participant.samplesChanged();
    showAll();
  };
  const fail = (thrown: unknown): void => {
    if (closed) return;
    broken = true;
    shell.broken(thrown);
  };

  let before = '';
  const stateChanged = (state: BoardState): void => {
    if (closed) return;
    // The same again, after another try, is no news.
    const news = JSON.stringify(state);
    if (news !== before) tell(stateReport(state));
    if (before.includes('"ready"') && state.state !== 'ready') tell(lineReport(board.figures));
    if (state.state === 'refused' && news !== before) shell.fail(new RefusedError(state.code, state.reason));
    before = news;
    if (state.state === 'ready') {
      if (port !== undefined && options.boardId === undefined) shell.background(() => known.meet(state.identity.id));
    }
    learner.stateChanged(state);
    showAll();
  };
  const board = createBoard({
    openLine: line.openLine,
    ...(id !== undefined && { id }),
    ...(bank && { bank }),
    ...(sensing && { sensing }),
    // What it says while it is being made is asked below.
    onState: (state) => {
      if (made) stateChanged(state);
    },
    onEvent: (happened) => {
      if (closed || !made) return;
      if (happened.event === 'fit') {
        // It is planned anew for each round.
        if (isDeepStrictEqual(fit, happened)) return;
        fit = happened;
        showAll();
      }
      const trained = learner.inUse && Math.max(0, learner.inUse.round - 1);
      const [prediction, message] = boardReport(happened, model.spec, trained);
      tell(message, prediction);
      if (happened.event === 'rows') changed();
    },
  });
  const intake: Intake | undefined =
    samples &&
    createIntake({
      shell,
      samples,
      shape,
      client,
      onChange: () => {
        learner.rowsChanged();
        changed();
      },
    });
  const learner = boardLearner({
    board,
    model: { ...model, ...(sensing && { rows: options.capacity }) },
    bits: options.bits,
    ...(bank && { bank }),
    filling: () => intake?.loading ?? false,
    onLoaded: () => {
      loaded = true;
      broken = false;
      changed();
    },
    onChange: changed,
    onTrouble: fail,
  });
  const embedding = createEmbedding(model, pool, shell.closing);
  const embedded = (block?: SampleBlock): SampleBlock | Promise<SampleBlock> | undefined =>
    block && block.count > 0 && embedding ? embedding.embed(block) : block;
  const { engine } = model;
  const personal = makePersonal?.({
    learner,
    // The gateway measures, with its own engine: the rows that are held out are not on the board.
    heldOut: () => embedded(samples?.heldOut?.block()),
    rows: () => embedded(bank?.block()),
    predict: async (job, signal) => (await pool.get()).predict(job, { signal, engine }),
    send: (message) => {
      if (!closed) node.send([null, null, null, detached(message)]);
    },
    event: ({ event: name, ...payload }) => tell(event(String(name), payload)),
    fail: shell.fail,
  });
  const participant = createParticipant({
    federation,
    client,
    model,
    minSamples,
    facts: facts.now,
    learner: personal ?? learner,
    memory: localMemory(`${federation} ${client} strategy`, store),
    // The gateway has the same rows, and computes what the board would. What a backbone makes of them only the board knows.
    ...(bank &&
      !model.spec.backbone && {
        errors: async (global, signal) => {
          const { predict } = await pool.get();
          const { spec, engine } = model;
          return errorSketch({ spec, bank, predict: (job) => predict(job, { signal, engine }) }, global, signal);
        },
      }),
    send: (message) => {
      if (closed) return;
      node.send(detached(message));
      const { fl } = message;
      if (fl.kind === 'join') tell(event('joined', { client, samples: fl.samples }));
      if (fl.kind === 'decline') tell(event('declined', { client, round: fl.round, reason: fl.reason }));
    },
    onStatus: (now) => {
      said = now;
      showAll();
    },
    onTrained: (result) => {
      tell(lineReport(board.figures));
      tell(event('trained', { client, ...result, ...figuresOf(personal?.compared) }));
    },
    onRefused: parts.onRefused,
  });
  const end = async (): Promise<void> => {
    closed = true;
    participant.close();
    personal?.close();
    learner.close();
    await Promise.all([board.close().then(line.close), intake?.save()]);
  };
  made = true;
  // That it has not been looked for yet is no news.
  before = JSON.stringify(board.state);
  stateChanged(board.state);
  return {
    board,
    learner,
    ...(personal ? { personal } : {}),
    model,
    options,
    shape,
    intake,
    cable: line.cable,
    labelled: { last: Promise.resolve() },
    facts,
    participant,
    tell,
    close: end,
  };
}
