import { virtualBoard } from '../../../lib/board/virtual/virtual-board';
import { itLearnsBehindABackbone } from './voice-on-a-board';

describe('a frozen backbone on a virtual board', () => {
  itLearnsBehindABackbone(() => virtualBoard({ name: 'with a backbone' }));
});
