/** The one worker pool of a Node-RED, for all its nodes. */
import { createPool, type Pool } from '../../lib/training/pool';
import { sharedResource } from './lease';

export const leasePool = sharedResource<Pool>(
  () => createPool(),
  (pool) => pool.close(),
);
