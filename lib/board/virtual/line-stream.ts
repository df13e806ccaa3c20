/** A line as a stream, so that a virtual board can sit behind whatever carries bytes: a pty, a socket, a mocked port. */
import { Duplex } from 'node:stream';
import type { OpenLine } from '../board';

/** What is written goes to the board, what is read comes from it. Destroyed when the line is closed, and the other way round. */
export async function lineStream(openLine: OpenLine): Promise<Duplex> {
  const line = await openLine(
    {
      bytes: (chunk) => stream.push(chunk),
      closed: (reason) => stream.destroy(new Error(reason)),
    },
    undefined,
  );
  const stream = new Duplex({
    read() {},
    write(chunk: Uint8Array, _encoding, done) {
      line.write(chunk);
      done();
    },
    final(done) {
      stream.push(null);
      done();
    },
    destroy(error, done) {
      line.close().then(
        () => done(error),
        () => done(error),
      );
    },
  });
  return stream;
}
