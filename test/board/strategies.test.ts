/** FedProx, SCAFFOLD, FedDyn and FedSGD on the emulated Cortex-M4F: the bits of a federation of gateways. */
import { type Bench, createBench } from './bench';
import { assertStack } from './stack';
import { sameBits, strategies, titleOf } from './strategies';

describe('a federation of two boards in QEMU and two gateways', function () {
  this.timeout(200_000);
  let bench: Bench;
  before(() => {
    bench = createBench();
  });
  after(() => bench.close());

  for (const strategy of strategies) {
    it(`has the bits of four gateways: ${titleOf(strategy)}`, async () => {
      const [gcc, clang] = [await bench.board('gcc'), await bench.board('clang')];
      await sameBits(strategy, [gcc.openLine, clang.openLine], 20);
      await assertStack(gcc.qemu, 'gcc');
      await assertStack(clang.qemu, 'clang');
    });
  }
});
