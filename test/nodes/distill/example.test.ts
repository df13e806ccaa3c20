import assert from 'node:assert/strict';
import { figures, startExample } from '../example';
import type { Runtime } from '../runtime';

describe('the examples of fl-distill', () => {
  let runtime: Runtime;
  afterEach(() => runtime.close());

  it('17: networks that are unlike each other learn of voices that they have never heard, and a small one what all say', async () => {
    runtime = await startExample('17');
    const accuracy = async (whose: string, round: number): Promise<number> =>
      figures(await runtime.next(whose, (msg) => figures(msg).round === round)).accuracy;
    for (const whose of ['george', 'jackson', 'lucas']) {
      const [alone, together] = [await accuracy(whose, 1), await accuracy(whose, 12)];
      assert.ok(together > 0.86 && together > alone + 0.25, `${whose}: ${alone}, then ${together}`);
    }
    const student = await accuracy('small network', 12);
    assert.ok(student > 0.82, `student ${student}`);
    await runtime.next('int8');
  });

  it('18: a small network that sees no label reads nearly as well as its teacher', async () => {
    runtime = await startExample('18');
    const accuracy = async (whose: string): Promise<number> =>
      figures(await runtime.next(whose, (msg) => figures(msg).round === 10)).accuracy;
    const [teacher, student] = [await accuracy('large one'), await accuracy('small one')];
    assert.ok(teacher > 0.95 && student > teacher - 0.03, `teacher ${teacher}, student ${student}`);
    await runtime.next('int8');
  });
});
