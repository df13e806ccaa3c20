/** Something that cannot be accepted. `code` is stable (for counting), `message` is one sentence that says what to do. */
export class RefusedError extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
    this.name = 'RefusedError';
  }
}
