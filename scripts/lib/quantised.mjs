// fl-quantize behind the clients of a federation in this process: every update goes on in fewer bits.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { root } from './ready.mjs';

const load = createRequire(join(root, 'dist/lib/'));

/** options as the codec "quantize" takes them; gives (message) -> messages, `pass` of federate.mjs. */
export function quantised(options) {
  const { streamSeed } = load('./random/generator.js');
  const { applyCodec } = load('./update/codecs/registry.js');
  return (message) => {
    const { fl } = message;
    if (fl.kind !== 'update') return [message];
    const seed = streamSeed(1, 'quantize', fl.federation, fl.round, fl.client);
    const { payload, codecs } = applyCodec(message, 'quantize', { ...options, seed });
    return [{ fl: { ...fl, codecs }, payload }];
  };
}
