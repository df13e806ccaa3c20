// npm run demo [-- --json] [-- --seed N] [-- --rounds N]: the factory example without a window, in a real Node-RED process.
import { ensureReady, requireBuilt } from './lib/ready.mjs';

ensureReady();
const { demo } = requireBuilt('scripts/demo/demo.js');
try {
  await demo(process.argv.slice(2));
  process.exit(0);
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
