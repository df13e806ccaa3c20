/** Writes one record after the other until it is killed; says the number of each that it believes to be on the disk. */
import { createStore } from '../../../lib/state';

async function main(): Promise<void> {
  const store = createStore(process.argv[2]);
  const found = await store.read('victim');
  let number = (found?.json as { number: number } | undefined)?.number ?? 0;
  process.stdout.write(`from ${number}\n`);
  for (;;) {
    number++;
    await store.write('victim', { json: { number }, parts: { weights: Buffer.alloc(200_000, number % 251) } });
    process.stdout.write(`wrote ${number}\n`);
  }
}

main().catch((error) => {
  process.stderr.write(`${error}\n`);
  process.exitCode = 1;
});
