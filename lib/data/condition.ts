/** A question to one cell of a row: "hour in 18, 20, 22", "remaining_cycles <= 30", "time < 2015-10-01". */
import { RefusedError } from '../refused';
import { isEmpty, isMissing, numberOf } from './cell';

export type Operator = '=' | '!=' | '<' | '<=' | '>' | '>=' | 'in' | 'not in';
export const OPERATORS: readonly Operator[] = ['=', '!=', '<', '<=', '>', '>=', 'in', 'not in'];

export interface Condition {
  column: string;
  operator: Operator;
  /** A number or text; for "in" and "not in" a list of them. */
  value: number | string | (number | string)[];
}

/** true or false, or undefined when the cell is missing ("none" is not when the condition asks for "none"). */
export type Test = (cell: unknown) => boolean | undefined;

type Order = (cell: unknown) => number | undefined;

/** Less, equal or more: as numbers when both are numbers, else as text (so ISO dates compare as they should). */
function orderAgainst(value: number | string): Order {
  const number = numberOf(value);
  const text = String(value).trim();
  return (cell) => {
    const other = Number.isNaN(number) ? Number.NaN : numberOf(cell);
    if (!Number.isNaN(other)) return other - number;
    if (typeof cell === 'object') return undefined;
    const name = String(cell).trim();
    return name < text ? -1 : name > text ? 1 : 0;
  };
}

const ACCEPTS: Record<Exclude<Operator, 'in' | 'not in'>, (order: number) => boolean> = {
  '=': (order) => order === 0,
  '!=': (order) => order !== 0,
  '<': (order) => order < 0,
  '<=': (order) => order <= 0,
  '>': (order) => order > 0,
  '>=': (order) => order >= 0,
};

/** Throws RefusedError when the condition itself makes no sense. */
export function compileCondition(condition: Condition): Test {
  const { column, operator, value } = condition;
  if (typeof column !== 'string' || column === '') {
    throw new RefusedError(
      'condition',
      'A condition needs the name of a column: choose one of the columns of the data.',
    );
  }
  if (!OPERATORS.includes(operator)) {
    throw new RefusedError('condition', `The condition on "${column}" needs one of ${OPERATORS.join('  ')}.`);
  }
  const values = Array.isArray(value) ? value : [value];
  const usable = values.every((v) => typeof v === 'string' || (typeof v === 'number' && Number.isFinite(v)));
  if (values.length === 0 || !usable) {
    throw new RefusedError('condition', `The condition on "${column}" needs a value (number or text) to compare with.`);
  }
  const words = new Set(values.filter((v) => typeof v === 'string').map((v) => v.trim()));
  const isUnknown = (cell: unknown): boolean =>
    isEmpty(cell) || (isMissing(cell) && !(typeof cell === 'string' && words.has(cell.trim())));
  if (operator === 'in' || operator === 'not in') {
    const orders = values.map(orderAgainst);
    return (cell) => {
      if (isUnknown(cell)) return undefined;
      return orders.some((order) => order(cell) === 0) === (operator === 'in');
    };
  }
  if (Array.isArray(value)) {
    throw new RefusedError('condition', `The condition on "${column}" compares with one value; use "in" for a list.`);
  }
  const order = orderAgainst(value);
  const accepts = ACCEPTS[operator];
  return (cell) => {
    if (isUnknown(cell)) return undefined;
    const found = order(cell);
    return found === undefined ? undefined : accepts(found);
  };
}
