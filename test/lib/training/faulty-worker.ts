/** A worker that misbehaves as the job's seed says: what pool-faults.test.ts needs. */
import * as workerpool from 'workerpool';
import type { TrainJob } from '../../../lib/training/engine';
import { faults } from './faults';

workerpool.worker({
  train({ weights, options }: TrainJob) {
    if (options.seed === faults.exit) process.exit(3);
    if (options.seed === faults.hang) for (;;);
    if (options.seed === faults.throwLater) {
      return new Promise(() => {
        setImmediate(() => {
          throw new Error('out of the blue');
        });
      });
    }
    return { weights, steps: 0, loss: 0, firstLoss: 0, durationMs: 0 };
  },
});
