/** Samples that lie in memory, shared out among simulated clients: for scripts and experiments. */
import type { SampleBlock } from '../../training/engine';
import type { Sample } from '../windows';
import { divide, surveyNeed } from './division';
import type { ClientSpec } from './spec';
import { surveyor } from './survey';

/** `width`, `targetWidth`: numbers of a sample. Clients in the order of their numbers; each row goes to exactly one. */
export function splitBlock(
  { features, targets, count }: SampleBlock,
  width: number,
  targetWidth: number,
  spec: Exclude<ClientSpec, { kind: 'single' | 'column' }>,
): Map<string, SampleBlock> {
  const sampleAt = (index: number): Sample => ({
    features: features.slice(index * width, (index + 1) * width),
    targets: [...targets.subarray(index * targetWidth, (index + 1) * targetWidth)],
    group: '',
    index,
    row: {},
  });
  const survey = surveyor(spec, width);
  if (surveyNeed(spec) !== 'none') for (let i = 0; i < count; i++) survey.add(sampleAt(i));
  const { owner, seen } = divide(spec, surveyNeed(spec) === 'none' ? undefined : survey.done());
  const owned = new Map<string, Sample[]>(Array.from({ length: spec.clients }, (_, i) => [`client-${i + 1}`, []]));
  for (let i = 0; i < count; i++) {
    const sample = sampleAt(i);
    const client = owner(sample);
    if (client !== undefined) owned.get(client)?.push(seen ? seen(sample, client) : sample);
  }
  return new Map(
    [...owned].map(([client, samples]) => {
      const block = {
        features: new Float32Array(samples.length * width),
        targets: new Float32Array(samples.length * targetWidth),
        count: samples.length,
      };
      samples.forEach((sample, i) => {
        block.features.set(sample.features, i * width);
        block.targets.set(sample.targets, i * targetWidth);
      });
      return [client, block];
    }),
  );
}
