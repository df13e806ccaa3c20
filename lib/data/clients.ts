/** Which simulated client owns a sample. Streaming: decided as the samples come, nothing is collected first. */
import { generator, shuffle } from '../random/generator';
import { RefusedError } from '../refused';
import { cellOf, nameOf } from './cell';
import { dirichlet } from './dirichlet';
import type { Sample } from './windows';

export type ClientSpec =
  /** All belong to the client that receives them. */
  | { kind: 'single' }
  /** The cell names the client: a plant, a station. */
  | { kind: 'column'; column: string }
  /** Even shares of one shuffled whole, each client like every other. */
  | { kind: 'iid'; clients: number; seed: number }
  /**
   * For each class the shares of the clients are drawn once from Dirichlet(alpha, ..., alpha): small alpha, unlike
   * clients (Yurochkin et al. 2019, arXiv:1905.12022; the concentration is that of Hsu et al. 2019, arXiv:1909.06335,
   * who draw the classes of each client instead).
   */
  | { kind: 'dirichlet'; clients: number; alpha: number; seed: number };

const MAX_CLIENTS = 100_000;

/** "client-1" ... the name of a simulated client. */
export const clientName = (index: number): string => `client-${index + 1}`;

function checkClients(clients: number): void {
  if (!Number.isInteger(clients) || clients < 1 || clients > MAX_CLIENTS) {
    throw new RefusedError('clients', `The number of clients must be a whole number from 1 to ${MAX_CLIENTS}.`);
  }
}

function drawFrom(cumulative: readonly number[], lot: number): number {
  let low = 0;
  let high = cumulative.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (lot < cumulative[middle]) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The owner of a sample; undefined when its row does not name one (then nobody gets it). */
export type Owner = (sample: Sample) => string | undefined;

function columnOwner(column: string): Owner {
  const names = new Set<string>();
  return ({ row }) => {
    const name = nameOf(cellOf(row, column));
    if (name !== undefined && names.size > MAX_CLIENTS - 1 && !names.has(name)) {
      const why = `"${column}" names more than ${MAX_CLIENTS} clients`;
      throw new RefusedError('clients', `${why}: choose a column with the names of machines or places.`);
    }
    if (name !== undefined) names.add(name);
    return name;
  };
}

export function clientOwner(spec: ClientSpec): Owner {
  switch (spec.kind) {
    case 'single':
      return () => undefined;
    case 'column':
      if (!spec.column) throw new RefusedError('clients', 'Choose the column that names the client of each row.');
      return columnOwner(spec.column);
    case 'iid': {
      checkClients(spec.clients);
      const random = generator(spec.seed, 'iid');
      const turn = Array.from({ length: spec.clients }, (_, i) => i);
      let dealt = spec.clients;
      return () => {
        if (dealt === spec.clients) {
          shuffle(turn, random);
          dealt = 0;
        }
        return clientName(turn[dealt++]);
      };
    }
    case 'dirichlet': {
      checkClients(spec.clients);
      const { clients, alpha, seed } = spec;
      if (!(alpha > 0 && Number.isFinite(alpha))) {
        throw new RefusedError(
          'clients',
          'Alpha must be a number above 0: 0.1 makes very unlike clients, 100 alike ones.',
        );
      }
      const shares = new Map<number, number[]>();
      const random = generator(seed, 'dirichlet');
      const sharesOf = (label: number): number[] => {
        const drawn = dirichlet(new Array<number>(clients).fill(alpha), generator(seed, 'dirichlet', label));
        let sum = 0;
        const cumulative = drawn.map((share) => (sum += share));
        shares.set(label, cumulative);
        return cumulative;
      };
      return ({ targets }) => {
        const [label] = targets;
        if (targets.length !== 1 || !Number.isInteger(label) || label < 0) {
          throw new RefusedError(
            'clients',
            'A Dirichlet split needs samples with classes: give a label, or split IID.',
          );
        }
        return clientName(drawFrom(shares.get(label) ?? sharesOf(label), random.uniform()));
      };
    }
    default:
      throw new RefusedError('clients', 'The clients must be split by single, column, iid or dirichlet.');
  }
}
