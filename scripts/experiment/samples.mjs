// The samples of a cell, read once in a process: client -> bank, the held-out ones, and those of each client's kind.
import { samplesOf } from '../lib/example-samples.mjs';
import { dataSets } from './data-sets.mjs';
import { over } from './settings.mjs';

const read = new Map();

/** The data set with what the settings say of it. */
export function setOf({ data, clients, where, hidden, rounds, training }) {
  const set = dataSets[data];
  if (!set) throw new Error(`There is no data set "${data}": take one of ${Object.keys(dataSets).join(', ')}.`);
  const whole = over(set, { hidden, rounds, training });
  const { spec } = whole.train;
  const window = where ? { ...spec.window, where } : spec.window;
  return { ...whole, train: { ...whole.train, spec: { ...spec, window, clients: clients ?? spec.clients } } };
}

export async function samplesFor(set) {
  const key = JSON.stringify([set.train, set.test]);
  if (!read.has(key)) read.set(key, samplesOf(set));
  return read.get(key);
}
