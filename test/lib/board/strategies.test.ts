/** FedProx, SCAFFOLD, FedDyn, adversarial training and more on virtual boards: the bits of a federation of gateways. */
import { virtualBoard } from '../../../lib/board/virtual/virtual-board';
import { cases, sameBits } from '../../board/strategies';

describe('a federation of two virtual boards and two gateways', () => {
  for (const one of cases) {
    it(`has the bits of four gateways: ${one.title}`, async () => {
      const boards = [virtualBoard({ name: 'one' }), virtualBoard({ name: 'two' })];
      try {
        await sameBits(
          one,
          boards.map(({ openLine }) => openLine),
          12,
        );
      } finally {
        await Promise.all(boards.map((board) => board.close()));
      }
    });
  }
});
