// The samples of an example, as its drawing makes them: { clients: name -> bank, test: bank, own: name -> bank of the held-out
// samples that are of this client's kind, where there are such }.
import { createReadStream, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { root } from './ready.mjs';

/** From dist/lib, once it is built. */
const load = createRequire(join(root, 'dist/lib/'));

function bankOf(width, blocks = []) {
  const { sampleBank } = load('./data/sample-bank.js');
  const bank = sampleBank({ width, targetWidth: 1, capacity: 1e6, eviction: 'oldest' });
  for (const block of blocks) bank.add(block);
  return bank;
}

/** Name of client (or "test") -> its blocks. */
async function readBlocks(file, spec) {
  const { readCsv } = load('./data/csv.js');
  const { readBatches, requiredColumns, surveyRows } = load('./data/dataset.js');
  const { surveyNeed } = load('./data/clients/division.js');
  const rows = () => readCsv(createReadStream(join(root, 'datasets', file)), { required: requiredColumns(spec) });
  // Where a split can do without one, clients of few samples stay as they were drawn.
  const survey = surveyNeed(spec.clients) === 'must' ? await surveyRows(rows, spec) : undefined;
  const blocks = new Map();
  for await (const { client, split, block } of readBatches(rows(), spec, survey)) {
    const name = client ?? split;
    blocks.set(name, [...(blocks.get(name) ?? []), block]);
  }
  return blocks;
}

async function fromFiles({ inputs, backbone, train, test, own: aside }) {
  const { openInt8 } = load('./core/index.js');
  const network = backbone && openInt8(new Uint8Array(readFileSync(join(root, 'datasets', backbone))));
  const embedded = (block) => (network ? { ...block, features: network.predict(block.features, block.count) } : block);
  const banks = (blocks) => new Map([...blocks].map(([name, some]) => [name, bankOf(inputs, some.map(embedded))]));
  const clients = banks(await readBlocks(train.file, train.spec));
  if (test) {
    const [bank] = banks(await readBlocks(test.file, test.spec)).values();
    return { clients, test: bank, own: new Map() };
  }
  const held = clients.get('test');
  clients.delete('test');
  if (aside) {
    const own = banks(await readBlocks(aside.file, aside.spec));
    return {
      clients,
      test: bankOf(
        inputs,
        [...own.values()].map((bank) => bank.block()),
      ),
      own,
    };
  }
  // What a client's column says of the held-out rows too.
  const { window, holdOut, clients: split } = train.spec;
  if (holdOut.kind !== 'condition' || split.kind !== 'column') return { clients, test: held, own: new Map() };
  const heldOut = { window: { ...window, where: [holdOut.condition] }, holdOut: { kind: 'none' }, clients: split };
  return { clients, test: held, own: banks(await readBlocks(train.file, heldOut)) };
}

/** Runs the function node of the drawing until it has told all that it knows. */
function drawn({ labels, inputs, drawn: { drawing, node: name, clients, channels, window, kinds } }) {
  const { sampleMaker } = load('./data/windows.js');
  const nodes = JSON.parse(readFileSync(join(root, 'examples/flows', drawing), 'utf8'));
  const node = nodes.find((each) => each.type === 'function' && each.name === name);
  const features = channels.flatMap((column) => kinds.map((kind) => ({ column, kind, window })));
  const blockOf = (rows, label) => {
    const maker = sampleMaker({ features, hop: window });
    const samples = rows.flatMap((row) => maker.push(row).ready);
    return {
      features: Float32Array.from(samples.flatMap((sample) => [...sample.features])),
      targets: new Float32Array(samples.length).fill(labels.indexOf(label)),
      count: samples.length,
    };
  };
  const named = (reading) => Object.fromEntries(channels.map((channel, i) => [channel, reading[i]]));

  const kept = new Map();
  const context = { get: (key) => kept.get(key), set: (key, value) => kept.set(key, value) };
  const tick = new Function('msg', 'context', 'node', node.func);
  const banks = new Map(clients.map((client) => [client, bankOf(inputs)]));
  const own = new Map(clients.map((client) => [client, bankOf(inputs)]));
  const test = bankOf(inputs);
  for (let labelled = true; labelled; ) {
    const outputs = tick({}, context, { status() {} });
    labelled = false;
    clients.forEach((client, i) => {
      const [label, readings] = outputs[i + 1];
      if (!labels.includes(label.payload)) return;
      labelled = true;
      banks.get(client).add(blockOf(readings.payload.map(named), label.payload));
    });
    const runs = new Map();
    for (const row of outputs[0]?.payload ?? []) runs.set(row.run, [...(runs.get(row.run) ?? []), row]);
    for (const [run, rows] of runs) {
      const block = blockOf(rows, rows[0].state);
      test.add(block);
      own.get(clients.find((client) => run.startsWith(`${client} `))).add(block);
    }
  }
  return { clients: banks, test, own };
}

export const samplesOf = async (example) => (example.drawn ? drawn(example) : fromFiles(example));
