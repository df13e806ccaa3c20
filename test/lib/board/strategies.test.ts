/** FedProx, SCAFFOLD, FedDyn and FedSGD on virtual boards: the bits of a federation of gateways. */
import { virtualBoard } from '../../../lib/board/virtual/virtual-board';
import { sameBits, strategies, titleOf } from '../../board/strategies';

describe('a federation of two virtual boards and two gateways', function () {
  this.timeout(60_000);
  for (const strategy of strategies) {
    it(`has the bits of four gateways: ${titleOf(strategy)}`, async () => {
      const boards = [virtualBoard({ name: 'one' }), virtualBoard({ name: 'two' })];
      try {
        await sameBits(
          strategy,
          boards.map(({ openLine }) => openLine),
          12,
        );
      } finally {
        await Promise.all(boards.map((board) => board.close()));
      }
    });
  }
});
