/**
 * FedPer (Arivazhagan et al. 2019, arXiv 1912.00818): the last layers stay at home. Each round trains the shared layers as they
 * came together with the client's own ones; only the change of the shared ones is sent.
 */
import type { Layout } from '../../model/layout';
import { compose, privateTensors } from './layers';
import type { Method } from './method';
import type { FedPerOptions } from './options';

export function fedPer({ privateLayers }: FedPerOptions, layout: Layout): Method {
  const atHome = privateTensors(layout, privateLayers);
  const withOwn = (shared: Float32Array, own?: Float32Array): Float32Array =>
    own ? compose(layout, atHome, shared, own) : shared;
  return {
    atHome,
    async learn(task, { own, train }) {
      const personal = withOwn(task.weights, own);
      const { local, weights } = await train({ ...task, weights: personal });
      return { local, own: weights, personal };
    },
    follow: async ({ weights }, { latest }) => ({ personal: withOwn(weights, latest) }),
  };
}
