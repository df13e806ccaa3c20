/** The admin route behind the line in the dialogue that says what the settings cost. Keeps nothing. */
import { leasePool } from '../shared/pool';
import type { Red, Settings } from '../shared/red';
import { sentenceOf } from '../shared/refusals';
import { readPlan, requireEnough } from './options';
import { createReckoner } from './reckoner';

const round = (value: number): number => Number(value.toPrecision(4));

export function registerAccount(RED: Red): void {
  const account = async (settings: Settings, signal: AbortSignal): Promise<Record<string, number>> => {
    const planned = readPlan(settings);
    const { plan, wish } = planned;
    const { noiseMultiplier, epsilon } = await createReckoner(leasePool(RED, signal), signal).plannedNoise(plan, wish);
    requireEnough(noiseMultiplier, planned);
    const { releases, delta } = plan;
    return { noiseMultiplier: round(noiseMultiplier), epsilon: round(epsilon), releases, delta };
  };

  RED.httpAdmin.get('/fl-tinyml/dp-noise/account', RED.auth.needsPermission('fl.read'), (request, response) => {
    // Whoever types on asks anew, and the pool is let go when the answer is out.
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    account(request.query as unknown as Settings, gone.signal).then(
      (answer) => response.json(answer),
      (thrown) => {
        if (!gone.signal.aborted) response.json({ error: sentenceOf(thrown).message });
      },
    );
  });
}
