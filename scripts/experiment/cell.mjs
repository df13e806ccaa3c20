// One federation: settings in, figures out. The same settings give the same figures, on every machine.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { compressed } from '../lib/compressed.mjs';
import { federate } from '../lib/federate.mjs';
import { root } from '../lib/ready.mjs';
import { markedOf, redTeam } from './attack.mjs';
import { distilled } from './distillation.mjs';
import { learnersOf } from './learners.mjs';
import { robustFigures } from './robustness.mjs';
import { samplesFor, setOf } from './samples.mjs';

const load = createRequire(join(root, 'dist/lib/'));

const specOf = ({ inputs, labels, hidden }, seed) =>
  load('./model/index.js').parseSpec({
    version: 1,
    task: 'classify',
    input: [inputs],
    layers: [
      ...hidden.map((units) => ({ type: 'dense', units, activation: 'relu' })),
      { type: 'dense', units: labels.length, activation: 'softmax' },
    ],
    labels,
    seed,
  });

async function classesOf(engine, spec, { weights, normalisation }, { features, count }) {
  const { argmaxRows } = load('./metrics/classification.js');
  const { outputs } = await engine.predict({ spec, weights, features, count, normalisation });
  return { outputs, decided: argmaxRows(outputs, outputs.length / count) };
}

const share = (values, isHit) => values.reduce((sum, value, i) => sum + (isHit(value, i) ? 1 : 0), 0) / values.length;

/** For FLTrust: rows of the aggregator's own, like those of all clients together (drawn from them, before any attack). */
const ROOT_ROWS = 100;
function rootOf({ federation, seed }, { inputs }, clients) {
  if (federation?.rule?.name !== 'fltrust') return undefined;
  const { sampleBank } = load('./data/sample-bank.js');
  const root = sampleBank({ width: inputs, targetWidth: 1, capacity: ROOT_ROWS, eviction: 'reservoir', seed });
  for (const bank of clients.values()) root.add(bank.block());
  return root;
}

/** What stands behind each client, one after the other. */
function passOf(attacked, { compress, seed }) {
  const coded = compress && compressed(compress, seed);
  if (!attacked || !coded) return attacked ?? coded;
  return async (message) => (await Promise.all(attacked(message).map(coded))).flat();
}

/** As the federation itself tells it, round by round: asked, sent and withheld updates, what that saved, and the bytes of the updates until each round. */
function trafficOf(metrics) {
  const sum = (of) => metrics.reduce((all, round) => all + (of(round) ?? 0), 0);
  return {
    asked: sum(({ cohort }) => cohort),
    sent: sum(({ updates }) => updates),
    withheld: sum(({ withheld }) => withheld),
    bytesSaved: sum(({ bytesSaved }) => bytesSaved),
    upCurve: metrics.map((_, round) => metrics.slice(0, round + 1).reduce((all, { bytesUp }) => all + bytesUp, 0)),
  };
}

/**
 * settings: data, clients?, where? (conditions on rows), hidden?, rounds?, training?, federation? (what FederationOptions has beside these), attack?,
 * compress? (of each update, behind its client: ../lib/compressed.mjs), traffic? (true: figures of what went), trigger? ({ features, value, target } of a backdoor: how often it works is measured), personal? (learners.mjs), distill? (distillation.mjs: other figures), robustness? ({ strengths, steps }: robustness.mjs), seed. Figures: accuracy, f1, loss, averagePrecision (two classes), backdoor (share of marked
 * samples that get the attacker's class), own (accuracy on the samples of each client's kind, meaned), bytesUp,
 * bytesDown, steps, curve (accuracy by round); or `refused`, one sentence, where the settings make no sense together.
 */
export async function runCell(settings) {
  const { createCoreEngine } = load('./training/core/engine.js');
  const { federatedModel } = load('./federation/index.js');
  const { evaluateClasses } = load('./metrics/evaluation.js');
  const { RefusedError } = load('./refused.js');
  const engine = createCoreEngine();
  const set = setOf(settings);
  const { seed } = settings;
  const { clients, test, own } = await samplesFor(set);
  if (settings.distill) return distilled(settings, { set, engine, clients, test });
  const spec = specOf(set, seed);
  const red = settings.attack
    ? redTeam(settings.attack, { banks: clients, labels: set.labels, seed })
    : { banks: clients };
  const whole = test.block();
  const curve = [];
  const refused = {};
  const model = federatedModel(spec);
  const learners = learnersOf(settings, { spec, model, engine, own }, { ...set, training: { ...set.training, seed } });
  let result;
  try {
    result = await federate({
      model,
      engine,
      banks: red.banks,
      options: {
        rounds: set.rounds,
        minClients: clients.size,
        quorum: Math.ceil(clients.size / 2),
        deadlineMs: 600_000,
        ...settings.federation,
        training: { ...set.training, seed },
      },
      rootBank: rootOf(settings, set, clients),
      pass: passOf(red.pass, settings),
      hear: red.hear,
      learnerOf: learners.learnerOf,
      onModel: async (shared) => {
        const { decided } = await classesOf(engine, spec, shared, whole);
        curve[shared.round - 1] = share(decided, (label, i) => label === whole.targets[i]);
      },
      onRefused: ({ code, message }) => {
        if (code === 'internal') throw new Error(message);
        refused[code] = (refused[code] ?? 0) + 1;
      },
    });
  } catch (error) {
    if (error instanceof RefusedError) return { refused: error.message };
    throw error;
  }
  const { outputs } = await classesOf(engine, spec, result, whole);
  const { accuracy, f1, loss, averagePrecision } = evaluateClasses(whole.targets, outputs, set.labels);
  const figures = { accuracy, f1, loss, averagePrecision: averagePrecision ?? undefined };
  if (settings.trigger) {
    const { wanted, ...block } = markedOf(settings.trigger, set)(whole);
    figures.backdoor = share((await classesOf(engine, spec, result, block)).decided, (label) => label === wanted);
  }
  Object.assign(figures, await learners.figures?.(result));
  if (settings.robustness) Object.assign(figures, await robustFigures(settings, spec, engine, result, whole));
  if (settings.traffic) Object.assign(figures, trafficOf(result.metrics));
  const { bytesUp, bytesDown, steps } = result;
  return { bytesUp, bytesDown, steps, ...figures, curve, refusals: refused };
}
