/** Finds a layer's tensors by their names, as tfjs files and legacy HDF5 files have them ("dense_1/kernel:0"). */
import { called } from './building';
import { refuseFile } from './refuse-file';
import type { FileTensor, TensorSource } from './tensor';

const parts = (name: string): string[] => name.replace(/:\d+$/, '').split('/');

/** `all` in any order. A tensor belongs to the layer whose name is part of its path. */
export function namedTensors(all: readonly { name: string; read(): FileTensor }[]): TensorSource {
  return (layer, _index, wanted) => {
    const own = all.filter(({ name }) => parts(name).slice(0, -1).includes(layer.name));
    return wanted.map((want) => {
      const [leaf, way] = want.split('/').reverse();
      const leaves = leaf.split('|');
      const found = own.filter(({ name }) => {
        const path = parts(name);
        return leaves.includes(path[path.length - 1]) && (!way || path.some((one) => one.startsWith(way)));
      });
      if (found.length !== 1) {
        return refuseFile(
          `The file has ${found.length === 0 ? 'no tensor' : 'several tensors'} "${leaves[0]}" for the layer ${called(layer)}; save the model again.`,
        );
      }
      return found[0].read();
    });
  };
}
