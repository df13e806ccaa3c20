/** Rows that all have, on their way from the flow to their one order and digest; kept through restarts. */
import { type Consensus, consensusOf } from '../../lib/distillation/consensus-model';
import { type PublicRows, publicRows } from '../../lib/distillation/public-rows';
import { otherRows } from '../../lib/distillation/student';
import { inputSize, sampleSize } from '../../lib/model/shapes';
import { RefusedError } from '../../lib/refused';
import type { Store } from '../../lib/state/store';
import type { SampleBlock } from '../../lib/training/engine';
import { createEmbedding } from '../shared/embedding';
import { createIntake } from '../shared/intake';
import { openSamples } from '../shared/kept-samples';
import { findAnyModel, type Model } from '../shared/model';
import type { FlowMessage } from '../shared/red';
import type { Context } from './context';
import { MOST_PUBLIC_ROWS } from './options';

/** Rows that come one by one are looked at together. */
const LOOK_MS = 200;
/** Numbers that are put in order on the event loop (some milliseconds); more go to a worker. */
const MOST_HERE = 65_536;

export interface PublicIntake {
  /** In their order, as the layers of the network take them; undefined: none, or the first are still coming. */
  readonly rows: PublicRows | undefined;
  /** They are those of the consensus. */
  readonly fit: boolean;
  take(msg: FlowMessage): Promise<void>;
  forget(): Promise<void>;
  save(): Promise<void>;
  /** Shows what is amiss with the rows; false when nothing is. */
  showsTrouble(): boolean;
}

export interface PublicParts {
  /** The network that looks at them. */
  network: Model;
  /** Undefined: nobody has said yet which rows there are to be. */
  consensus: Model | undefined;
  store: Store | undefined;
  /** Of the record in the store. */
  name: string;
  /** What each row is to be labelled with; absent: labels that come are left away. */
  labels?: readonly string[];
  /** The rows, or how many have come, have changed. */
  onChange(): void;
}

/**
 * The fl-model that an fl-distill has as its consensus; undefined when it does not say yet which public rows there are (told once:
 * the node takes the rows all the same, and says which they are). Rejects with RefusedError 'consensus' for a network.
 */
export async function findConsensus({ RED, shell }: Context, id: unknown): Promise<Model | undefined> {
  try {
    const model = await findAnyModel(RED, id);
    consensusOf(model);
    return model;
  } catch (thrown) {
    if (!(thrown instanceof RefusedError && thrown.code === 'no-public-rows')) throw thrown;
    shell.fail(thrown);
    return undefined;
  }
}

export async function openPublicRows(context: Context, parts: PublicParts): Promise<PublicIntake> {
  const { node, shell, pool, event } = context;
  const { network, consensus, store, name, labels, onChange } = parts;
  const { spec } = network;
  const width = sampleSize(spec);
  const { features } = spec;
  const targetWidth = labels ? 1 : 0;
  const wanted: Consensus | undefined = consensus && consensusOf(consensus);
  const samples = await openSamples(
    {
      width,
      targetWidth,
      capacity: MOST_PUBLIC_ROWS,
      eviction: 'oldest',
      meaning: JSON.stringify(['public rows', width, features ?? null, ...(labels ? [labels] : [])]),
      name,
      ...(store ? { store } : {}),
    },
    (sentence) => node.warn(sentence),
  );
  const embedding = createEmbedding(network, pool, shell.closing);
  let rows: PublicRows | undefined;
  let digest: string | undefined;
  let looking: Promise<void> = Promise.resolve();
  let planned = false;

  const inOrder = async (block: SampleBlock): Promise<PublicRows> =>
    block.features.length <= MOST_HERE
      ? publicRows(block, width)
      : (await pool.get()).publicRows(block, width, { signal: shell.closing });

  const look = async (): Promise<void> => {
    planned = false;
    if (intake.loading) return;
    const all = await inOrder(samples.bank.block());
    if (all.count === 0 || all.digest === digest) {
      if (all.count === 0) rows = digest = undefined;
      // One that came twice may have another label now.
      else if (rows) rows = { ...rows, targets: all.targets };
      onChange();
      return;
    }
    const seen = embedding ? { ...(await embedding.embed(all)), width: inputSize(spec) } : {};
    rows = { ...all, ...seen };
    digest = all.digest;
    event({ event: 'public-rows', rows: all.count, digest });
    const reason = consensus && otherRows(consensus, rows);
    // While there are too few the others may still come.
    if (reason !== undefined && wanted && all.count >= wanted.rows) shell.fail(new RefusedError('public-rows', reason));
    onChange();
  };
  const lookAgain = (): Promise<void> => {
    const next = looking.then(look);
    looking = next.catch(() => {});
    return next;
  };
  const intake = createIntake({
    shell,
    samples,
    // Unless labels are asked for, whatever is said of them: they are public for what they are.
    shape: { width, targetWidth, ...(features ? { features } : {}), ...(labels ? { labels } : {}) },
    onChange() {
      if (intake.loading) onChange();
      else if (!planned) {
        planned = true;
        shell.after(LOOK_MS, lookAgain);
      }
    },
  });
  const isFit = (): boolean => consensus !== undefined && otherRows(consensus, rows) === undefined;
  await lookAgain();
  return {
    get rows() {
      return rows;
    },
    get fit() {
      return isFit();
    },
    async take(msg) {
      await intake.take(msg);
    },
    async forget() {
      await intake.forget();
      await lookAgain();
    },
    save: () => intake.save(),
    showsTrouble() {
      const { status } = shell;
      if (isFit()) return false;
      if (intake.loading) status.working('status.loading', { held: samples.bank.count });
      else if (!rows) status.waiting('status.noPublicRows');
      else if (wanted && rows.count < wanted.rows) {
        status.waiting('status.publicRows', { held: rows.count, wanted: wanted.rows });
      } else status.waiting('status.otherRows', { digest: rows.digest });
      return true;
    },
  };
}
