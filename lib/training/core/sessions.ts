/** Idle sessions by their program, so that the next round finds its model planned. A session serves one job at a time. */
import { openSession, type Session } from './session';

/** Few: the system reserves gigabytes of addresses for each instance, which small boards do not have without end. */
const MOST_IDLE = 4;
/** A larger memory is given back to the system at once: an instance cannot shrink. */
const MOST_BYTES = 64 * 2 ** 20;

export interface Sessions {
  /** Runs `work` with a session of its own. */
  use<T>(program: Int32Array, work: (session: Session) => Promise<T>): Promise<T>;
}

export function createSessions(): Sessions {
  const idle: { key: string; session: Session }[] = [];
  return {
    async use(program, work) {
      const key = program.join();
      const found = idle.findIndex((one) => one.key === key);
      const session = found < 0 ? openSession(program) : idle.splice(found, 1)[0].session;
      // A job that failed may leave NaN in the padding of the numbers, which no later job would overwrite: let it go.
      const result = await work(session);
      if (session.core.size() <= MOST_BYTES) idle.push({ key, session });
      if (idle.length > MOST_IDLE) idle.shift();
      return result;
    },
  };
}
