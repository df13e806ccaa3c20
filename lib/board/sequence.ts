/** Sequence numbers are 16 bits on the line and count on for ever in here. */

export const onLine = (number: number): number => number & 0xffff;

/** The number near `near` whose low 16 bits these are. */
export const nearest = (low: number, near: number): number => near + (((low - near) << 16) >> 16);
