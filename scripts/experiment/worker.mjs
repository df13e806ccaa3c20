// A process that runs one cell after another: settings come over the channel, figures go back.
import { runCell } from './cell.mjs';

process.on('message', async ({ id, settings }) => {
  try {
    process.send({ id, figures: await runCell(settings) });
  } catch (error) {
    process.send({ id, failed: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
});
// Who began it may have been killed in the middle of a cell.
process.once('disconnect', () => process.exit(1));
