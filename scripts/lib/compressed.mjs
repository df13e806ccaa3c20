// What stands behind the clients of a federation in this process so that updates take fewer bytes: fl-quantize and its like.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { root } from './ready.mjs';

const load = createRequire(join(root, 'dist/lib/'));

/** One filter: its own seed for each update, and what it leaves out kept in memory where it has `feedback`. */
function filterOf({ codec, feedback, levelsBy, ...options }, place, seed) {
  const { streamSeed } = load('./random/generator.js');
  const { finerBy, quantizeUpdate, withFeedback } = load('./update/codecs/methods.js');
  const { applyCodec } = load('./update/codecs/registry.js');
  const { createFirstLosses, createResiduals } = load('./residual/index.js');
  const residuals = feedback && createResiduals(`${place}`);
  const how = feedback && codec === 'quantize' ? withFeedback(options) : options;
  const losses = levelsBy === 'loss' && createFirstLosses(`${place}`);
  const coded = ({ fl, payload }, finer = how) => {
    const own = streamSeed(seed, codec, fl.federation, fl.round, fl.client);
    if (codec === 'quantize') return quantizeUpdate({ fl, payload }, finer, own);
    return applyCodec({ fl, payload }, codec, { ...how, seed: own });
  };
  return (message) => {
    if (residuals) return residuals.compress(message, feedback, (one) => coded(one));
    const done = ({ payload, codecs }) => ({ fl: { ...message.fl, codecs }, payload });
    if (losses) return losses.of(message.fl).then((found) => done(coded(message, finerBy(how, found))));
    return done(coded(message));
  };
}

/**
 * filters: [{ codec: 'quantize', ...options of methods.ts, feedback? }], one behind the other, each as a node of its own;
 * gives (message) -> messages, or a promise of them: `pass` of federate.mjs.
 */
export function compressed(filters, seed = 1) {
  const all = filters.map((filter, place) => filterOf(filter, place, seed));
  const through = (message, [next, ...rest]) => {
    if (!next) return [message];
    const made = next(message);
    return made instanceof Promise ? made.then((one) => through(one, rest)) : through(made, rest);
  };
  return (message) => (message.fl.kind === 'update' ? through(message, all) : [message]);
}
