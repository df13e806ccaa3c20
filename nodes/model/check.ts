/** The admin route behind the summary in the dialogue: settings in, what the model would be out. Keeps nothing. */
import { summarise } from '../../lib/model/summary';
import type { Model } from '../shared/model';
import type { Red, Settings } from '../shared/red';
import { sentenceOf } from '../shared/refusals';

export function registerCheck(RED: Red, readModel: (settings: Settings) => Promise<Model>): void {
  RED.httpAdmin.post('/fl-tinyml/model/check', RED.auth.needsPermission('fl.read'), (request, response) => {
    const settings: unknown = request.body;
    if (typeof settings !== 'object' || settings === null) {
      response.status(400).json({ problem: 'Send the settings of an fl-model as JSON.' });
      return;
    }
    readModel(settings as Settings).then(
      (model) => {
        const { layers, parameters, bytes } = summarise(model.spec);
        response.json({
          layers: layers.map(({ name, output, parameters }) => ({ name, output, parameters })),
          parameters,
          bytes,
          engine: model.engine,
          fingerprint: model.fingerprint,
        });
      },
      (thrown) => response.json({ problem: sentenceOf(thrown).message }),
    );
  });
}
