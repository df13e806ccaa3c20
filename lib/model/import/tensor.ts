/** A tensor as a file has it, and the ways to look for those of one layer. */
export interface FileTensor {
  /** Path within the file, for finding and for messages. */
  name: string;
  shape: number[];
  data: Float32Array;
}

/** A layer as the topology names it. */
export interface FileLayer {
  name: string;
  className: string;
  config: ReadonlyMap<string, unknown>;
}

/**
 * The tensors of one layer of the chain, in Keras order (`wanted`: for example "kernel", "forward/bias"). `index` is the
 * place among the layers of the file.
 */
export type TensorSource = (layer: FileLayer, index: number, wanted: readonly string[]) => FileTensor[];
