/** From a specification to the owner of each sample, decided as the samples come. */
import { RefusedError } from '../../refused';
import { cellOf, nameOf } from '../cell';
import { labelLot } from './by-label';
import { featureShift } from './feature-shift';
import { iidLot } from './iid';
import { fillingLot } from './nobody-empty';
import { quantityLot } from './quantity';
import { shardLot } from './shards';
import { type ClientSpec, clientName, type Division, type Lot, MAX_CLIENTS, type Owner, type Survey } from './spec';

/** Whether a pass over the samples must come first ('must'), or makes it better ('may': then nobody is left empty). */
export function surveyNeed({ kind }: ClientSpec): 'none' | 'may' | 'must' {
  if (kind === 'shards' || kind === 'feature-shift') return 'must';
  return kind === 'dirichlet' || kind === 'quantity' ? 'may' : 'none';
}

function columnOwner(column: string): Owner {
  if (!column) throw new RefusedError('clients', 'Choose the column that names the client of each row.');
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

/** The client of each sample before any is moved; undefined for splits that do not draw clients one by one. */
export function plainLot(spec: ClientSpec): Lot | undefined {
  if (spec.kind === 'dirichlet') return labelLot(spec);
  return spec.kind === 'quantity' ? quantityLot(spec) : undefined;
}

function filled(spec: Extract<ClientSpec, { kind: 'dirichlet' | 'quantity' }>, lot: Lot, survey?: Survey): Division {
  const { least = 1 } = spec;
  if (!Number.isInteger(least) || least < 0 || least > 1e9) {
    throw new RefusedError('clients', 'The fewest samples of a client must be a whole number, 0 or more.');
  }
  const sure = survey ? fillingLot(lot, survey.clients, least) : lot;
  return { owner: (sample) => clientName(sure(sample)) };
}

/** `survey`: of the same samples. Throws RefusedError (code "clients") with what to change, or "no-survey". */
export function divide(spec: ClientSpec, survey?: Survey): Division {
  const surveyed = (): Survey => {
    if (survey) return survey;
    throw new RefusedError(
      'no-survey',
      'To split by shards or by feature shift all rows must be counted first: read them from a file, or split by Dirichlet.',
    );
  };
  switch (spec.kind) {
    case 'single':
      return { owner: () => undefined };
    case 'column':
      return { owner: columnOwner(spec.column) };
    case 'iid': {
      const lot = iidLot(spec);
      return { owner: (sample) => clientName(lot(sample)) };
    }
    case 'dirichlet':
      return filled(spec, labelLot(spec), survey);
    case 'quantity':
      return filled(spec, quantityLot(spec), survey);
    case 'shards': {
      const lot = shardLot(spec, surveyed());
      return { owner: (sample) => clientName(lot(sample)) };
    }
    case 'feature-shift': {
      const lot = iidLot(spec);
      const shifted = featureShift(spec, surveyed());
      const index = new Map(Array.from({ length: spec.clients }, (_, i) => [clientName(i), i]));
      return {
        owner: (sample) => clientName(lot(sample)),
        seen: (sample, client) => shifted(sample, index.get(client) ?? 0),
      };
    }
    default:
      throw new RefusedError(
        'clients',
        'The clients must be split by single, column, iid, dirichlet, shards, quantity or feature-shift.',
      );
  }
}
