/** The admin route behind the list of ports in the dialogue: what is plugged in at this moment. */
import { listPorts } from '../../lib/board/serial/serial-ports';
import type { Red } from '../shared/red';
import { sentenceOf } from '../shared/refusals';

export function registerPorts(RED: Red): void {
  RED.httpAdmin.get('/fl-tinyml/serial-device/ports', RED.auth.needsPermission('fl.read'), (_request, response) => {
    listPorts().then(
      (ports) => response.json({ ports }),
      (thrown) => response.json({ ports: [], error: sentenceOf(thrown).message }),
    );
  });
}
