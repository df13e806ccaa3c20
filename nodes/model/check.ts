/** The admin route behind the summary in the dialogue: settings in, what the model would be out. Keeps nothing. */
import { summarise } from '../../lib/model/summary';
import { plannedEngine } from '../../lib/training/select';
import type { Red, Settings } from '../shared/red';
import { sentenceOf } from '../shared/refusals';
import { shippedFiles } from '../shared/shipped';
import type { ReadModel } from './read-model';

export function registerCheck(RED: Red, readModel: (settings: Settings) => Promise<ReadModel>): void {
  RED.httpAdmin.get('/fl-tinyml/model/shipped', RED.auth.needsPermission('fl.read'), (_request, response) => {
    shippedFiles('.tflite').then(
      (files) => response.json({ files }),
      (thrown) => response.status(500).json({ problem: sentenceOf(thrown).message }),
    );
  });
  // It may read a file of the machine: needs the right to write, as a deploy that reads the file does.
  RED.httpAdmin.post('/fl-tinyml/model/check', RED.auth.needsPermission('fl.write'), (request, response) => {
    const settings: unknown = request.body;
    if (typeof settings !== 'object' || settings === null) {
      response.status(400).json({ problem: 'Send the settings of an fl-model as JSON.' });
      return;
    }
    readModel(settings as Settings).then(
      (model) => {
        const engine = plannedEngine(model.spec, model.engine);
        const { layers, parameters, bytes } = summarise(model.spec);
        response.json({
          layers: layers.map(({ name, output, parameters }) => ({ name, output, parameters })),
          parameters,
          bytes,
          ...(model.spec.backbone && model.backbone
            ? { backbone: { ...model.spec.backbone, bytes: model.backbone.length } }
            : {}),
          ...(model.spec.consensus ? { publicRows: model.spec.input[0] } : {}),
          engine: engine.name,
          notes: [...(engine.name === 'tfjs' ? [engine.reason] : []), ...model.notes],
          fingerprint: model.fingerprint,
        });
      },
      (thrown) => response.json({ problem: sentenceOf(thrown).message }),
    );
  });
}
