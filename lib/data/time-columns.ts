/** Columns that a time stamp holds within it: minute, hour, day, weekday (0 = Sunday), month. Taken as written, no zone applied. */
import { numberOf } from './cell';

export const TIME_COLUMNS = ['minute', 'hour', 'day', 'weekday', 'month'] as const;
export type TimeColumn = (typeof TIME_COLUMNS)[number];

export type TimeParts = Record<TimeColumn, number>;

const ISO = /^(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ](\d{1,2})(?::(\d{2}))?)?/;

export function isTimeColumn(column: string): column is TimeColumn {
  return (TIME_COLUMNS as readonly string[]).includes(column);
}

/** ISO 8601 text ("2015-01-31T18:00"), milliseconds since 1970 or a Date (both read as UTC); undefined for anything else. */
export function timePartsOf(cell: unknown): TimeParts | undefined {
  const match = typeof cell === 'string' ? ISO.exec(cell.trim()) : null;
  if (match) {
    const [year, month, day, hour, minute] = match.slice(1).map((part) => Number(part ?? 0));
    if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 24 || minute > 59) return undefined;
    return { minute, hour, day, weekday: new Date(Date.UTC(year, month - 1, day)).getUTCDay(), month };
  }
  const date = cell instanceof Date ? cell : new Date(numberOf(cell));
  if (Number.isNaN(date.getTime())) return undefined;
  return {
    minute: date.getUTCMinutes(),
    hour: date.getUTCHours(),
    day: date.getUTCDate(),
    weekday: date.getUTCDay(),
    month: date.getUTCMonth() + 1,
  };
}
