/** FedProx, SCAFFOLD, FedDyn, adversarial training and more on the emulated Cortex-M4F: the bits of a federation of gateways. */
import { type Bench, createBench } from './bench';
import { assertStack } from './stack';
import { cases, sameBits } from './strategies';

describe('a federation of two boards in QEMU and two gateways', function () {
  this.timeout(600_000);
  let bench: Bench;
  beforeEach(() => {
    bench = createBench();
  });
  afterEach(() => bench.close());

  for (const one of cases) {
    it(`has the bits of four gateways: ${one.title}`, async () => {
      const [gcc, clang] = [await bench.board('gcc'), await bench.board('clang')];
      await sameBits(one, [gcc.openLine, clang.openLine], 20);
      await assertStack(gcc.qemu, 'gcc');
      await assertStack(clang.qemu, 'clang');
    });
  }
});
