/** What privacy costs: worked out at once where that is quick, else by the worker pool, so that flows go on meanwhile. */
import { isQuickToReckon, type Ledger, spent } from '../../lib/privacy/ledger';
import { isQuickPlan, type NoiseWish, type PlannedNoise, type PrivacyPlan, plannedNoise } from '../../lib/privacy/plan';
import type { Pool } from '../../lib/training/pool';
import type { Lease } from '../shared/lease';

export interface Reckoner {
  /** `onLong`: called when it is not quick. */
  plannedNoise(plan: PrivacyPlan, wish: NoiseWish, onLong?: () => void): Promise<PlannedNoise>;
  spent(ledger: Ledger, client?: string): Promise<number>;
}

/** All that is asked ends with the signal. */
export const createReckoner = (pool: Lease<Pool>, signal: AbortSignal): Reckoner => ({
  async plannedNoise(plan, wish, onLong) {
    if (isQuickPlan(plan)) return plannedNoise(plan, wish);
    onLong?.();
    return (await pool.get()).plannedNoise(plan, wish, { signal });
  },
  async spent(ledger, client) {
    if (isQuickToReckon(ledger)) return spent(ledger, client);
    return (await pool.get()).spent(ledger, client, { signal });
  },
});
