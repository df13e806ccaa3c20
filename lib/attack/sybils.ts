/** One attacker under many names (Douceur 2002; in federated learning Fung et al. 2020, arXiv 1808.04866): whatever it says is said by each. */
import { limits } from '../update/limits';

/** The names beside its own: "pump", "pump~2", "pump~3" ... */
export const sybilNames = (client: string, names: number): string[] =>
  Array.from({ length: names }, (_, i) => {
    const mark = `~${i + 2}`;
    return `${client.slice(0, limits.name - mark.length)}${mark}`;
  });
