/** A process of its own for csv.test.ts: reads a generated CSV of argv[2] bytes and prints what it took. */
import { readCsv } from '../../../lib/data/csv';

const ROWS = 1000;
const chunk = Buffer.from('0123456789,0123456789,0123456789,0123456789,0123456789,0123456789\n'.repeat(ROWS));

async function main(bytes: number): Promise<void> {
  let pulled = 0;
  let read = 0;
  let ahead = 0;
  let rss = 0;
  async function* generated(): AsyncGenerator<Buffer> {
    yield Buffer.from('a,b,c,d,e,f\n');
    for (let made = 0; made < bytes; made += chunk.length) {
      pulled += ROWS;
      ahead = Math.max(ahead, pulled - read);
      yield chunk;
      // Rows that nobody asked for yet must not pile up in the event loop's turn.
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  for await (const _ of readCsv(generated(), { keep: ['a'] })) {
    read += 1;
    if (read % 5000 === 0) rss = Math.max(rss, process.memoryUsage.rss());
  }
  console.log(JSON.stringify({ read, ahead, rss }));
}

void main(Number(process.argv[2]));
