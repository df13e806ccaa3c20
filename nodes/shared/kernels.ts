/** The vector kernels of a Node-RED, for what its nodes do on the event loop. */
import { createKernels, type Kernels } from '../../lib/core';
import { sharedResource } from './lease';

export const leaseKernels = sharedResource<Kernels>(
  () => createKernels(),
  () => {},
);
