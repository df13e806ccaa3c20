import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, it } from 'mocha';
import type { DatasetSpec } from '../../lib/data/dataset';
import { type PersonalWish, personalOptions } from '../../lib/federation';
import type { TrainingOptions } from '../../lib/training/engine';
import { aggregatorOptions } from '../../nodes/aggregator/options';
import { datasetOptions } from '../../nodes/dataset/options';
import { personalChoice } from '../../nodes/shared/personal';
import type { Settings } from '../../nodes/shared/red';

const root = join(__dirname, '../../..');
type DrawnNode = Settings & { type: string };
interface Example {
  labels: string[];
  inputs: number;
  hidden: number[];
  rounds: number;
  training: Partial<TrainingOptions>;
  quantize?: { bits: number };
  /** In front of the layers. */
  backbone?: string;
  train?: { file: string; spec: DatasetSpec };
  test?: { file: string; spec: DatasetSpec };
  own?: { file: string; spec: DatasetSpec };
  personal?: PersonalWish;
  drawn?: { drawing: string; clients: string[]; channels: string[]; window: number; kinds: string[] };
}

const drawings: [name: string, file: string][] = [
  ['factory', '01 - Factory - which engine fails next.json'],
  ['frost', '02 - Farm - frost tonight.json'],
  ['boards', '03 - Boards - gesture or vibration learned on the board.json'],
  ['voice', '04 - Voice - spoken digits, backbone frozen.json'],
  ['machines', '07 - A personal model for each machine.json'],
];
/** What a board calls the features that fl-dataset has other names for. */
const boardNames: Record<string, string> = { std: 'deviation', min: 'minimum', max: 'maximum' };

async function settingsOf(name: string): Promise<Example> {
  const module: { examples: Record<string, Example> } = await import(
    pathToFileURL(join(root, 'scripts/lib/example-settings.mjs')).href
  );
  return module.examples[name];
}

/** As the node would read the rows, without what does not change the samples. */
function specOf(node: DrawnNode, labels: readonly string[]): DatasetSpec {
  const classes = node.classes === '' ? labels.join(', ') : node.classes;
  const { window, holdOut, clients } = datasetOptions({ ...node, classes }).spec;
  const { features, groupColumn, timeColumn, label, missing, where, incomplete } = window;
  const plain = {
    features,
    ...(groupColumn ? { groupColumn } : {}),
    label,
    ...(timeColumn ? { timeColumn } : {}),
    ...(missing && missing.policy !== 'drop' ? { missing } : {}),
    ...(where && where.length > 0 ? { where } : {}),
    ...(incomplete === 'shorten' ? { incomplete } : {}),
  };
  return { window: plain, holdOut, clients };
}

for (const [name, file] of drawings) {
  describe(`the drawing "${file.replace('.json', '')}"`, () => {
    const nodes: DrawnNode[] = JSON.parse(readFileSync(join(root, 'examples/flows', file), 'utf8'));
    const only = (type: string): DrawnNode => {
      const found = nodes.filter((node) => node.type === type);
      assert.equal(found.length, 1, `${found.length} ${type}`);
      return found[0];
    };

    it('learns what was measured, from the same rows, in the same way', async () => {
      const { labels, inputs, hidden, rounds, training, quantize, backbone, train, test, own, personal } =
        await settingsOf(name);
      const model = only('fl-model');
      assert.deepEqual(String(model.labels).split(', '), labels);
      assert.equal(backbone ? model.backboneShipped : Number(model.inputShape), backbone ?? inputs);
      assert.equal(model.backbone ?? 'none', backbone ? 'shipped' : 'none');
      assert.equal(model.normalisation, 'federated');
      const layers = model.layers as { type: string; units: number; activation: string }[];
      assert.deepEqual(
        layers.map(({ type, units, activation }) => [type, units, activation]),
        hidden.map((units) => ['dense', units, 'relu']),
      );
      const datasets = nodes.filter((node) => node.type === 'fl-dataset');
      const parts = [train, test, own].filter((part) => part !== undefined);
      for (const file of new Set(parts.map((part) => part.file))) {
        const drawn = datasets.filter((node) => node.shipped === file && node.start === 'deploy');
        assert.deepEqual(
          drawn.map((node) => specOf(node, labels)),
          parts.filter((part) => part.file === file).map(({ spec }) => spec),
        );
      }
      for (const client of nodes.filter((node) => node.type === 'fl-client')) {
        assert.deepEqual(personalChoice(client).personal, personal && personalOptions(personal));
      }
      const options = aggregatorOptions(only('fl-aggregator'), labels);
      assert.equal(options.rounds, rounds);
      for (const [key, value] of Object.entries(training)) {
        assert.equal(options.training?.[key as keyof TrainingOptions], value, key);
      }
      const quantizers = nodes.filter((node) => node.type === 'fl-quantize').map(({ bits }) => Number(bits));
      const boards = nodes.filter((node) => node.type === 'fl-serial-device');
      if (boards.length > 0) assert.ok(boards.every(({ update }) => update === (quantize ? 'int8' : 'float32')));
      assert.deepEqual(quantizers, quantize && boards.length === 0 ? [quantize.bits] : []);
    });

    it('has boards make the features that were measured, and the gateway the same of the held-out readings', async () => {
      const { labels, inputs, drawn } = await settingsOf(name);
      if (!drawn) return;
      const { clients, channels, window, kinds } = drawn;
      const boards = nodes.filter((node) => node.type === 'fl-serial-device');
      assert.deepEqual(
        boards.map((board) => board.client),
        clients,
      );
      for (const board of boards) {
        assert.equal(board.features, kinds.map((kind) => boardNames[kind] ?? kind).join(', '));
        assert.deepEqual([board.window, board.hop, board.channels].map(Number), [window, window, channels.length]);
      }
      assert.equal(inputs, channels.length * kinds.length);
      const { features, hop } = datasetOptions({ ...only('fl-dataset'), classes: labels.join(', ') }).spec.window;
      assert.equal(hop, window);
      assert.deepEqual(
        features,
        channels.flatMap((column) => kinds.map((kind) => ({ column, kind, window }))),
      );
    });

    it('has room for all rows of every client', () => {
      for (const client of nodes.filter((node) => node.type === 'fl-client')) {
        // The largest plant has 1,158 samples, a station 633 (dataset.test.ts counts them).
        assert.ok(Number(client.capacity) >= 1158, String(client.capacity));
      }
    });
  });
}
