import assert from 'node:assert/strict';
import { exampleItems, type Figures, figures, startExample } from '../example';
import type { FlowItem, Runtime } from '../runtime';

describe('the example of fl-predict', () => {
  let runtime: Runtime;
  afterEach(() => runtime.close());

  it('08: finds engines that wear out by what healthy ones were like, and judges one of them', async () => {
    runtime = await startExample('08');
    const last = await runtime.next('how good', (msg) => figures(msg).round === 20);
    const { averagePrecision, detection, falseAlarmsPerDay, threshold } = figures(last);
    assert.ok(averagePrecision > 0.7 && detection > 0.8, JSON.stringify(last.payload));
    assert.ok(falseAlarmsPerDay < 0.25, `${falseAlarmsPerDay}`);
    assert.ok(runtime.received('rounds').every((msg) => figures(msg).updates === 10));
    // The engine of the drawing: its row 20 is healthy, the last that there is seven flights before its end.
    const engine = exampleItems('08').find(({ name }) => name === 'Engine 34, live') as FlowItem;
    runtime.send(engine.id, { topic: 'start' });
    const flights: Figures[] = [];
    await runtime.next('engine 34', (msg) => {
      const flight = figures(msg);
      if (flight.threshold === threshold) flights.push(flight);
      return flights.length > 200;
    });
    const verdicts = flights.map(({ anomaly, score }) => [anomaly, score] as unknown as [boolean, number]);
    assert.ok(verdicts.every(([anomaly, score]) => anomaly === score > 1));
    assert.deepEqual([verdicts.some(([anomaly]) => anomaly), verdicts.some(([anomaly]) => !anomaly)], [true, true]);
  });
});
