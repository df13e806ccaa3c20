/** The layers that stay at home are taken out of an update before anybody else sees it. */
import { RefusedError } from '../../refused';
import type { QuantizeOptions } from '../../update/codecs/quantize';
import { applyCodec, decodeAll } from '../../update/codecs/registry';
import type { TensorSizes } from '../../update/message';
import { vectorPayload } from '../../update/vector';
import type { LocalUpdate } from '../learner';

/**
 * What a learner has quantised (a board) is quantised again behind the layers that are left: with the same grid, so that
 * their numbers stay the same to the bit. Throws RefusedError when the update was made in another way.
 */
export function leaveOut(local: LocalUpdate, tensors: TensorSizes, atHome: readonly boolean[]): LocalUpdate {
  const [coded, ...more] = local.codecs;
  if (more.length > 0 || (coded && coded.name !== 'quantize')) {
    throw new RefusedError(
      'codec-order',
      'The layers that stay at home must be left out before anything else is done.',
    );
  }
  const payload = vectorPayload(decodeAll(local.payload, local.codecs, tensors));
  const kept = atHome.map((is) => !is);
  const thinned = applyCodec({ payload, fl: { codecs: [], tensors } }, 'layers', { kept });
  if (!coded) return { ...local, ...thinned };
  const { bits, grid, per } = coded as Partial<QuantizeOptions>;
  const quantised = applyCodec({ payload: thinned.payload, fl: { codecs: thinned.codecs, tensors } }, 'quantize', {
    bits,
    grid,
    per,
    rounding: 'nearest',
  });
  return { ...local, ...quantised };
}
