// A whole federation in this process: coordinator, participants, and the core that trains, one job at a time.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { root } from './ready.mjs';

/** From dist/lib, once it is built. */
const load = createRequire(join(root, 'dist/lib/'));

/** Rounds in a row that may come to nothing before it is given up. */
const MOST_VOID = 3;

/**
 * banks: client -> its samples. options: what federationOptions takes. The rest is optional:
 * pass: (message) -> messages that the coordinator gets in its place, or a promise of them; hear: (message) sees what the coordinator sends;
 * rootBank: samples of the aggregator's own, for FLTrust;
 * errorsOf: (bank) -> what a participant tells of its reconstruction errors; learnerOf: ({ client, bank, train, plain }) -> learner (plain(): the one there would be otherwise); onModel: ({ weights, normalisation, round }) after each round;
 * onRefused: (error), thrown when absent; strategy parts are in options.
 * Rejects with a RefusedError when the settings make no sense, or three rounds in a row come to nothing.
 * Gives the last model, the metrics of the rounds, and what it took: bytes each way, optimiser steps.
 */
export async function federate({
  model,
  engine,
  banks,
  options,
  pass,
  hear,
  rootBank,
  learnerOf,
  errorsOf,
  onModel,
  onRefused,
}) {
  const { createKernels } = load('./core/index.js');
  const { createCoordinator, createParticipant, federationOptions, gatewayLearner } = load('./federation/index.js');
  const { RefusedError } = load('./refused.js');
  const { readVector } = load('./update/vector.js');
  const participants = [];
  const metrics = [];
  let pending = Promise.resolve();
  let bytesUp = 0;
  let steps = 0;
  let voids = 0;
  let finish;
  let fail;
  const finished = new Promise((resolve, reject) => {
    finish = resolve;
    fail = reject;
  });
  const refused = onRefused ?? fail;
  // The core in this process does one job at a time.
  let queue = Promise.resolve();
  const train = (job) => {
    const result = queue.then(() => engine.train(job));
    queue = result.catch(() => undefined);
    return result;
  };
  const coordinator = await createCoordinator({
    federation: 'measured',
    model,
    kernels: createKernels(),
    options: federationOptions(options),
    ...(rootBank ? { root: gatewayLearner({ model, bank: rootBank, train }) } : {}),
    send: (message) => {
      const { fl, payload } = message;
      hear?.(message);
      if (fl.kind === 'model' && fl.round > 1) {
        const { size } = model.layout;
        const weights = readVector(payload.subarray(0, 4 * size), size).slice();
        const { normalisation } = fl;
        pending = pending
          .then(() => onModel?.({ weights, normalisation, round: fl.round - 1 }))
          // Once the participants have heard of it too.
          .then(() => fl.cohort.length === 0 && setImmediate(finish, { weights, normalisation }))
          .catch(fail);
      }
      setImmediate(() => {
        for (const participant of participants) participant.receive(message);
      });
    },
    onMetrics: (round) => {
      metrics.push(round);
      voids = round.void ? voids + 1 : 0;
      if (voids >= MOST_VOID) fail(new RefusedError('void', round.void));
    },
    onRefused: refused,
  });
  for (const [client, bank] of banks) {
    /** Steps behind the next answer: they are done, also where the update stays. */
    let done = 0;
    const trainHere = async (job) => {
      const result = await train(job);
      done = result.steps;
      return result;
    };
    const plain = () => gatewayLearner({ model, bank, train: trainHere });
    const put = (messages) => {
      for (const each of messages) {
        if (each.fl.kind === 'update') {
          bytesUp += each.payload.length;
          steps += each.fl.metrics?.steps ?? 0;
        } else if (each.fl.kind === 'decline' && each.fl.withheld) steps += done;
        setImmediate(() => coordinator.receive(each));
      }
    };
    participants.push(
      createParticipant({
        federation: 'measured',
        client,
        model,
        learner: learnerOf?.({ client, bank, train: trainHere, plain }) ?? plain(),
        send: (message) => {
          const passed = pass ? pass(message) : [message];
          if (passed instanceof Promise) passed.then(put).catch(fail);
          else put(passed);
        },
        ...(errorsOf ? { errors: errorsOf(bank) } : {}),
        onRefused: refused,
      }),
    );
  }
  for (const participant of participants) participant.samplesChanged();
  try {
    const shared = await finished;
    return { ...shared, metrics, bytesUp, bytesDown: metrics.at(-1)?.bytesDownTotal ?? 0, steps };
  } finally {
    for (const participant of participants) participant.close();
    await coordinator.close();
  }
}
