import { serialLine } from '../../lib/board/serial/serial-line';
import { itLearnsBehindABackbone } from '../lib/board/voice-on-a-board';
import { compilers, startQemu } from './qemu-board';

for (const compiler of compilers) {
  describe(`a frozen backbone on a Cortex-M4F in QEMU, compiled by ${compiler}`, () => {
    itLearnsBehindABackbone(async () => {
      const qemu = await startQemu({ compiler, id: `00ba${compiler === 'gcc' ? '01' : '02'}`.padEnd(32, '0') });
      return { openLine: serialLine({ path: qemu.path }), close: () => qemu.kill() };
    });
  });
}
