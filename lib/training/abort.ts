/** A job that was told to stop. `name` is "AbortError", as the platform's own. */
export function abortError(message = 'The job was stopped.'): Error {
  const error = new Error(message);
  error.name = 'AbortError';
  return error;
}
