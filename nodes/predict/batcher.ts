/** One job at a time for all samples that wait: a worker is asked once for many, and the answers keep their order. */
import { RefusedError } from '../../lib/refused';
import type { SampleBlock } from '../../lib/training/engine';

/** Messages that may wait, and samples of one job. */
const MOST_WAITING = 1000;
const MOST_ROWS = 8192;

interface Waiting {
  block: SampleBlock;
  resolve: (outputs: Float32Array) => void;
  reject: (reason: unknown) => void;
}

export interface Batcher {
  /** The outputs for these samples. Rejects with RefusedError 'too-fast' when too many wait already. */
  run(block: SampleBlock): Promise<Float32Array>;
}

/** `predict`: from the features of `count` samples to their outputs. */
export function createBatcher(predict: (features: Float32Array, count: number) => Promise<Float32Array>): Batcher {
  const queue: Waiting[] = [];
  let busy = false;

  function next(): Waiting[] {
    let rows = 0;
    let taken = 0;
    for (const { block } of queue) {
      if (taken > 0 && rows + block.count > MOST_ROWS) break;
      rows += block.count;
      taken++;
    }
    return queue.splice(0, taken);
  }

  async function answer(batch: Waiting[]): Promise<void> {
    const count = batch.reduce((sum, { block }) => sum + block.count, 0);
    const features = new Float32Array(batch.reduce((sum, { block }) => sum + block.features.length, 0));
    let at = 0;
    for (const { block } of batch) {
      features.set(block.features, at);
      at += block.features.length;
    }
    const outputs = await predict(features, count);
    const width = outputs.length / count;
    let row = 0;
    for (const { block, resolve } of batch) {
      resolve(outputs.slice(row * width, (row + block.count) * width));
      row += block.count;
    }
  }

  async function drain(): Promise<void> {
    if (busy) return;
    busy = true;
    while (queue.length > 0) {
      const batch = next();
      try {
        await answer(batch);
      } catch (thrown) {
        for (const { reject } of batch) reject(thrown);
      }
    }
    busy = false;
  }

  return {
    run(block) {
      if (queue.length >= MOST_WAITING) {
        return Promise.reject(
          new RefusedError(
            'too-fast',
            'Samples arrive faster than they can be predicted, so this one was dropped: send several in one message, or slow them down.',
          ),
        );
      }
      return new Promise((resolve, reject) => {
        queue.push({ block, resolve, reject });
        void drain();
      });
    },
  };
}
