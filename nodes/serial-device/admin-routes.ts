/** The admin routes behind the dialogue: what is plugged in at this moment, and whether model and samples fit a board. */
import { fitOf } from '../../lib/board/fit';
import { listPorts } from '../../lib/board/serial/serial-ports';
import { VIRTUAL_ARENA } from '../../lib/board/virtual/virtual-board';
import { defaultOptions } from '../../lib/federation/options';
import { findModel } from '../shared/model';
import { COUNT } from '../shared/participation';
import type { Red, Settings } from '../shared/red';
import { sentenceOf } from '../shared/refusals';
import { number } from '../shared/settings';
import { ROWS_DEFAULT } from './options';

export function registerRoutes(RED: Red): void {
  const mayRead = RED.auth.needsPermission('fl.read');
  RED.httpAdmin.get('/fl-tinyml/serial-device/ports', mayRead, (_request, response) => {
    listPorts().then(
      (ports) => response.json({ ports }),
      (thrown) => response.json({ ports: [], error: sentenceOf(thrown).message }),
    );
  });
  // Of the model as it was deployed, trained as fl-aggregator does by default.
  RED.httpAdmin.get('/fl-tinyml/serial-device/fit', mayRead, (request, response) => {
    const plan = async () => {
      const { model, capacity } = request.query;
      const rows = number({ capacity } as unknown as Settings, 'capacity', ROWS_DEFAULT, COUNT);
      return fitOf({ ...(await findModel(RED, model)), training: defaultOptions.training }, rows, VIRTUAL_ARENA);
    };
    plan().then(
      (found) => response.json(found),
      (thrown) => response.json({ error: sentenceOf(thrown).message }),
    );
  });
}
