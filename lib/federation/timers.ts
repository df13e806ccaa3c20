/** Named timers: one of each name, armed anew it begins anew. */
import type { Clock } from './clock';

export interface Timers<Name> {
  arm(name: Name, ms: number): void;
  disarm(name: Name): void;
  close(): void;
}

export function createTimers<Name>(clock: Clock, ring: (name: Name) => void): Timers<Name> {
  const armed = new Map<Name, () => void>();
  let closed = false;
  const disarm = (name: Name): void => {
    armed.get(name)?.();
    armed.delete(name);
  };
  return {
    arm(name, ms) {
      if (closed) return;
      disarm(name);
      armed.set(
        name,
        clock.after(ms, () => {
          armed.delete(name);
          ring(name);
        }),
      );
    },
    disarm,
    close() {
      closed = true;
      for (const cancel of armed.values()) cancel();
      armed.clear();
    },
  };
}
