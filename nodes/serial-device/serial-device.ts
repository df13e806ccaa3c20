import { RefusedError } from '../../lib/refused';
import { toldFacts } from '../shared/facts';
import { isKind } from '../shared/global-model';
import { headerOf } from '../shared/intake';
import { whenModelChosen } from '../shared/model';
import type { FlowMessage, FlowNode, Red, Send, Settings } from '../shared/red';
import { collectRefusals } from '../shared/refusals';
import { createShell } from '../shared/shell';
import { registerRoutes } from './admin-routes';
import { commandOf } from './commands';
import { type Device, openDevice } from './device';
import { knownBoard } from './known-board';

export = (RED: Red): void => {
  function FlSerialDevice(this: FlowNode, settings: Settings): void {
    RED.nodes.createNode(this, settings);
    const shell = createShell(RED, this);
    const refusals = collectRefusals(shell);
    const known = knownBoard(RED, settings.id);
    const facts = toldFacts();
    let device: Promise<Device> | undefined;

    const ready = (): Promise<Device> => {
      device ??= openDevice({
        RED,
        node: this,
        settings,
        shell,
        known,
        facts,
        onRefused: refusals.take,
        acceptBoard,
      });
      return device;
    };
    const closeDevice = async (): Promise<void> => {
      const open = await device?.catch(() => undefined);
      device = undefined;
      await open?.close();
    };
    async function acceptBoard(): Promise<void> {
      const { options } = await ready();
      if (options.port === undefined) {
        throw new RefusedError('not-serial', 'A virtual board is always the same: there is no other one to accept.');
      }
      if (options.boardId !== undefined) {
        throw new RefusedError('board-fixed', 'The id of the board stands in the settings: change or clear it there.');
      }
      await closeDevice();
      await known.forget();
      shell.status.working('status.starting');
      await ready();
    }

    shell.onInput(async (msg: FlowMessage, send: Send) => {
      const open = await ready();
      const fl = headerOf(msg);
      const command = fl === undefined ? commandOf(msg.topic) : undefined;
      if (command) {
        await command({ ...open, closing: shell.closing, acceptBoard }, msg, send);
      } else if (fl === undefined || fl.kind === 'samples') {
        if (!open.intake) {
          throw new RefusedError(
            'own-sensors',
            'This board fills its rows by its own sensors: set "Samples" to "from the flow" to send them.',
          );
        }
        await open.intake.take(msg);
      } else {
        refusals.during(() => open.participant.receive(msg));
        const over = isKind(msg, 'model') && Array.isArray(msg.fl.cohort) && msg.fl.cohort.length === 0;
        if (over && open.options.flash) {
          shell.background(async () => {
            // The personal model of the last round is the one to be saved.
            await open.personal?.settled();
            await open.learner.save(shell.closing);
          });
        }
      }
    });
    shell.onClose(async (removed) => {
      await closeDevice();
      if (removed) await known.forget();
    });
    whenModelChosen(shell, settings, async () => {
      shell.status.working('status.starting');
      await ready();
    });
  }
  registerRoutes(RED);
  RED.nodes.registerType('fl-serial-device', FlSerialDevice);
};
