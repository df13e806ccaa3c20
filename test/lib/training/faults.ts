/** What a job's seed tells faulty-worker.ts to do. */
export const faults = { none: 0, exit: 1, hang: 2, throwLater: 3 };
