/** The admin route behind the line in the dialogue that says what the settings cost. Keeps nothing. */
import type { Red, Settings } from '../shared/red';
import { sentenceOf } from '../shared/refusals';
import { epsilonOfPlan, readPlan } from './options';

const round = (value: number): number => Number(value.toPrecision(4));

export function registerAccount(RED: Red): void {
  RED.httpAdmin.get('/fl-tinyml/dp-noise/account', RED.auth.needsPermission('fl.read'), (request, response) => {
    try {
      const plan = readPlan(request.query as unknown as Settings);
      const { noiseMultiplier, releases, delta } = plan;
      response.json({
        noiseMultiplier: round(noiseMultiplier),
        epsilon: round(epsilonOfPlan(plan)),
        releases,
        delta,
      });
    } catch (thrown) {
      response.json({ error: sentenceOf(thrown).message });
    }
  });
}
