/** The engine "core": training and prediction in WebAssembly, a slice at a time so that it can be watched and stopped. */
import { missing, programOf } from '../../core/program';
import { checkEvasionJob, checkPredictJob, checkTrainJob } from '../check-job';
import type { Engine } from '../engine';
import { EVASION_BATCH, evade } from './evade';
import { PREDICT_BATCH, predict } from './predict';
import { createSessions } from './sessions';
import { SLOTS, train } from './train';

export function createCoreEngine(): Engine {
  const sessions = createSessions();
  return {
    name: 'core',
    lacks: missing,
    async train(job, progress) {
      checkTrainJob(job);
      const { batchSize, optimizer } = job.options;
      const batch = Math.min(batchSize, job.samples.count);
      const program = programOf(job.spec, { batch, slots: SLOTS[optimizer], training: true });
      return sessions.use(program, (session) => train(session, job, progress));
    },
    async predict(job, progress) {
      checkPredictJob(job);
      const program = programOf(job.spec, { batch: PREDICT_BATCH, slots: 0, training: false });
      return sessions.use(program, (session) => predict(session, job, progress));
    },
    async evade(job, progress) {
      checkEvasionJob(job);
      const program = programOf(job.spec, { batch: EVASION_BATCH, slots: 0, training: true });
      return sessions.use(program, (session) => evade(session, job, progress));
    },
  };
}
