/** Samples from the flow on their way into what a participant keeps: whose they are, whether a pass over a file is whole, and when to write them down. */
import { type SampleShape, samplesFrom } from '../../lib/data/sample-input';
import { RefusedError } from '../../lib/refused';
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
  /** Id of the participant. */
  client: string;
  /** What is kept, or `loading`, has changed. */
  onChange(): void;
}

export interface Intake {
  /** A pass over a data set is under way: the participant joins when it has all of it, so that runs can be repeated. */
  readonly loading: boolean;
  /** Throws RefusedError when the samples are not for here. */
  take(msg: FlowMessage): void;
  forget(): Promise<void>;
  /** Writes what is not written yet. */
  save(): Promise<void>;
}

export const headerOf = (msg: FlowMessage): Record<string, unknown> | undefined =>
  typeof msg.fl === 'object' && msg.fl !== null ? (msg.fl as Record<string, unknown>) : undefined;

export function createIntake({ shell, samples, shape, client, onChange }: IntakeParts): Intake {
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
  return {
    get loading() {
      return pass !== undefined;
    },
    take(msg) {
      const fl = headerOf(msg);
      const over = fl?.last === true;
      if (fl?.client !== undefined && fl.client !== client) {
        if (over && samples.bank.count === 0) {
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
          'Held-out samples came to a client: wire the last output of fl-dataset to fl-evaluate, not here.',
        );
      }
      samples.add(samplesFrom(msg, shape), fl);
      if (over) {
        passOver();
        return;
      }
      if (fl?.last === false) {
        pass?.();
        pass = shell.after(SILENCE_MS, passOver);
      }
      changed();
    },
    async forget() {
      await samples.forget();
      changed();
    },
    save,
  };
}
