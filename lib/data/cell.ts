/** A row is a plain object, from a CSV line or from a message; a cell is whatever stands in it. */
export type Row = Readonly<Record<string, unknown>>;

const MISSING = new Set(['na', 'n/a', 'nan', 'null', 'none', 'undefined', '?', '-']);

/** Only the row's own cells: a column called "constructor" is not there unless somebody wrote it. */
export function cellOf(row: Row, column: string): unknown {
  return Object.hasOwn(row, column) ? row[column] : undefined;
}

/** Nothing at all stands there. */
export function isEmpty(cell: unknown): boolean {
  if (cell === undefined || cell === null) return true;
  if (typeof cell === 'number') return Number.isNaN(cell);
  return typeof cell === 'string' && cell.trim() === '';
}

/** Empty, or a word for it where a number belongs: NA, NaN, null, none, "?". (As a name, "none" is as good as any other.) */
export function isMissing(cell: unknown): boolean {
  return isEmpty(cell) || (typeof cell === 'string' && MISSING.has(cell.trim().toLowerCase()));
}

/** A finite number, or NaN when the cell is none (text, an infinity, an object). Booleans are 0 and 1. */
export function numberOf(cell: unknown): number {
  if (typeof cell === 'number') return Number.isFinite(cell) ? cell : Number.NaN;
  if (typeof cell === 'boolean') return cell ? 1 : 0;
  if (typeof cell !== 'string') return Number.NaN;
  const text = cell.trim();
  if (text === '') return Number.NaN;
  const value = Number(text);
  return Number.isFinite(value) ? value : Number.NaN;
}

/** A cell as a name (of a group, a client, a class); undefined when it cannot be one. */
export function nameOf(cell: unknown): string | undefined {
  if (isEmpty(cell)) return undefined;
  if (typeof cell === 'string') return cell.trim();
  if (typeof cell === 'number' || typeof cell === 'boolean') return String(cell);
  return undefined;
}

/** A cell in a sentence, never long. */
export function quoteCell(cell: unknown): string {
  const text = typeof cell === 'object' && cell !== null ? 'an object' : JSON.stringify(String(cell));
  return text.length > 30 ? `${text.slice(0, 27)}..."` : text;
}

/** Yes or no in a cell of a table; undefined: neither. */
export function flagOf(cell: unknown): number | undefined {
  if (isMissing(cell)) return undefined;
  if (typeof cell === 'boolean') return cell ? 1 : 0;
  const text = String(cell).trim().toLowerCase();
  if (['1', '1.0', 'true', 'yes', 'y', 'x'].includes(text)) return 1;
  return ['0', '0.0', 'false', 'no', 'n'].includes(text) ? 0 : undefined;
}
