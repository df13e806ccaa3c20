import type { ModelNode } from '../shared/model';
import type { Red, Settings } from '../shared/red';
import { sentenceOf } from '../shared/refusals';
import { registerCheck } from './check';
import { readModel } from './read-model';

export = (RED: Red): void => {
  const base = RED.settings.userDir ?? process.cwd();
  registerCheck(RED, (settings) => readModel(settings, base));

  function FlModel(this: ModelNode, settings: Settings): void {
    RED.nodes.createNode(this, settings);
    const model = readModel(settings, base);
    // Those who use the model report its error, each where the user sees it.
    model.catch((thrown) => this.debug(sentenceOf(thrown).message));
    this.model = () => model;
  }
  RED.nodes.registerType('fl-model', FlModel);
};
