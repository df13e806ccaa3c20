// Red team of a cell: settings.attack = { share, boost?, ...what lib/attack takes }. A share of the clients lies, drawn by the seed.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { root } from '../lib/ready.mjs';

const load = createRequire(join(root, 'dist/lib/'));
const MEMORY = 256e6;

const copyOf = (bank, block) => {
  const { sampleBank } = load('./data/sample-bank.js');
  const { width, targetWidth, capacity } = bank;
  const copy = sampleBank({ width, targetWidth, capacity, eviction: 'oldest' });
  copy.add(block);
  return copy;
};

/** { banks, pass, hear }: what is attacked in a federation. */
export function redTeam(attack, { banks, labels, seed }) {
  const { attackBlock, attacks, createRedTeam, drawAttacked } = load('./attack/index.js');
  const { generator } = load('./random/generator.js');
  const { share, boost, copies, ...options } = attack;
  const ids = drawAttacked([...banks.keys()], share, seed);
  const isData = attacks[options.name] === 'samples';
  const team = (of) => createRedTeam({ attack: of, attacked: { ids }, seed, memory: MEMORY });
  const teams = [
    ...(isData ? [] : [team(options)]),
    // Poisoned samples, and what was learned from them made larger; or one attacker's, sent by all of them.
    ...(boost ? [team({ name: 'scaling', gamma: boost })] : []),
  ];
  const attacked = new Map(
    [...banks].map(([client, bank]) => {
      if (!isData || !ids.includes(client)) return [client, bank];
      // Sybils all have what the first of them has.
      const own = copies ? banks.get(ids[0]) : bank;
      const random = generator(seed, options.name, copies ? ids[0] : client);
      return [client, copyOf(bank, attackBlock(own.block(), labels, options, random))];
    }),
  );
  const through = (message) =>
    teams.reduce((some, one) => some.flatMap((each) => one.take('', each).map((passed) => passed.message)), [message]);
  return {
    banks: attacked,
    pass: through,
    hear: (message) => {
      for (const one of teams) one.take('', message);
    },
  };
}

/** (test block) -> the held-out samples that are not of the target's class, with the trigger on; and the class that it asks for. */
export function markedOf({ features, value, target }, { labels, inputs }) {
  const { stampRows } = load('./attack/index.js');
  const wanted = labels.includes(String(target)) ? labels.indexOf(String(target)) : Number(target);
  return (block) => {
    const rows = Array.from({ length: block.count }, (_, row) => row).filter((row) => block.targets[row] !== wanted);
    const others = new Float32Array(rows.length * inputs);
    rows.forEach((row, i) => {
      others.set(block.features.subarray(row * inputs, (row + 1) * inputs), i * inputs);
    });
    return { features: stampRows(others, inputs, { features, value }), count: rows.length, wanted };
  };
}
