/** Samples through the frozen backbone of a model, off the event loop. */
import type { SampleBlock } from '../../lib/training/engine';
import type { Pool } from '../../lib/training/pool';
import type { Lease } from './lease';
import type { Model } from './model';

export interface Embedding {
  /** The samples as the layers of the model take them. What is asked first is answered first. */
  embed(block: SampleBlock): Promise<SampleBlock>;
  /** Resolves when all that was asked has been answered. */
  settled(): Promise<void>;
}

/** Undefined: the model has no backbone, its layers take the samples as they come. */
export function createEmbedding(
  { spec, backbone }: Model,
  pool: Pick<Lease<Pool>, 'get'>,
  signal: AbortSignal,
): Embedding | undefined {
  if (!spec.backbone || !backbone) return undefined;
  const { sha256 } = spec.backbone;
  let before: Promise<unknown> = Promise.resolve();

  const through = async (block: SampleBlock): Promise<SampleBlock> => {
    const { features, count } = block;
    const job = { file: backbone, sha256, features, count };
    return { ...block, ...(await (await pool.get()).embed(job, { signal })) };
  };
  return {
    embed(block) {
      const own = before.then(() => through(block));
      before = own.catch(() => {});
      return own;
    },
    async settled() {
      await before;
    },
  };
}
