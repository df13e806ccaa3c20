/** Samples from the flow on their way into what a participant keeps: whose they are, whether a pass over a file is whole, and when to write them down. */
import { type SampleShape, samplesFrom } from '../../lib/data/sample-input';
import { RefusedError } from '../../lib/refused';
import type { SampleBlock } from '../../lib/training/engine';
import type { Embedding } from './embedding';
import type { KeptSamples } from './kept-samples';
import type { FlowMessage } from './red';
import { plain } from './settings';
import type { Shell } from './shell';

/** A pass that says "more will follow at once" and then falls silent is taken as over. */
const SILENCE_MS = 10_000;
const SAVE_MS = 3000;

export interface IntakeParts {
  shell: Shell;
  samples: KeptSamples;
  shape: SampleShape;
  /** Absent: samples are kept as they come. */
  embedding?: Embedding;
  /** Id of the participant; absent: the samples of all clients are for here. */
  client?: string;
  /** What is kept, or `loading`, has changed. */
  onChange(): void;
}

export interface Intake {
  /** A pass over a data set is under way: the participant joins when it has all of it, so that runs can be repeated. */
  readonly loading: boolean;
  /** Throws or rejects with RefusedError when the samples are not for here. */
  take(msg: FlowMessage): void | Promise<void>;
  forget(): Promise<void>;
  /** Writes what is not written yet. */
  save(): Promise<void>;
}

export const headerOf = (msg: FlowMessage): Record<string, unknown> | undefined =>
  typeof msg.fl === 'object' && msg.fl !== null ? (msg.fl as Record<string, unknown>) : undefined;

export function createIntake({ shell, samples, shape, embedding, client, onChange }: IntakeParts): Intake {
  let saver: (() => void) | undefined;
  /** Ends the pass under way, when nothing more comes of it. */
  let pass: (() => void) | undefined;

  const save = async (): Promise<void> => {
    saver?.();
    saver = undefined;
    await samples.save();
  };
  const changed = (): void => {
    saver ??= shell.after(SAVE_MS, save);
    onChange();
  };
  const passOver = (): void => {
    pass?.();
    pass = undefined;
    changed();
  };
  const keep = (block: SampleBlock, fl: Record<string, unknown> | undefined): void => {
    samples.add(block, fl);
    if (fl?.last === true) {
      passOver();
      return;
    }
    if (fl?.last === false) {
      pass?.();
      pass = shell.after(SILENCE_MS, passOver);
    }
    changed();
  };
  return {
    get loading() {
      return pass !== undefined;
    },
    take(msg) {
      const fl = headerOf(msg);
      if (client !== undefined && fl?.client !== undefined && fl.client !== client) {
        if (fl.last === true && samples.bank.count === 0) {
          throw new RefusedError(
            'other-client',
            `These samples are for client "${plain(fl.client).slice(0, 100)}", but this one is "${client}": give it that client id.`,
          );
        }
        return;
      }
      if (fl?.split === 'test') {
        throw new RefusedError(
          'held-out',
          'Held-out samples came to a node that learns from them: wire the last output of fl-dataset to fl-evaluate, not here.',
        );
      }
      const block = samplesFrom(msg, shape);
      // Without a backbone at once, so that a model that comes right behind the samples finds them.
      return embedding ? embedding.embed(block).then((embedded) => keep(embedded, fl)) : keep(block, fl);
    },
    async forget() {
      if (embedding) await embedding.settled();
      await samples.forget();
      changed();
    },
    save,
  };
}
