/** Admin route for the dialogue: the settings of an fl-dataset in, how unlike its clients would be out. Keeps nothing. */
import { readBatches, requiredColumns, surveyRows } from '../../lib/data/dataset';
import { sampleMaker } from '../../lib/data/windows';
import { RefusedError } from '../../lib/update/message';
import { findModel } from '../shared/model';
import type { Red, Settings } from '../shared/red';
import { sentenceOf } from '../shared/refusals';
import { list, text } from '../shared/settings';
import { datasetOptions } from './options';
import { createReport, type LabelledReport } from './report';
import { openRows } from './source';

/** Rows looked at; a larger file is told of by its beginning. */
const ROWS_LIMIT = 200_000;

async function* firstOf<T>(items: AsyncIterable<T>): AsyncGenerator<T> {
  let taken = 0;
  for await (const item of items) {
    if (taken++ >= ROWS_LIMIT) return;
    yield item;
  }
}

async function look(RED: Red, settings: Settings): Promise<LabelledReport> {
  const named = list(settings, 'classes');
  const isModelGiven = text(settings, 'model') !== '' && text(settings, 'model') !== '_ADD_';
  const classes =
    named.length > 0 ? named : isModelGiven ? ((await findModel(RED, settings.model)).spec.labels ?? []) : [];
  const options = datasetOptions({ ...settings, classes, outputMode: 'one' });
  const { spec, source } = options;
  if (source === 'flow') {
    throw new RefusedError('no-rows', 'The rows come by message, so they are not known yet: wire the report instead.');
  }
  const report = createReport(sampleMaker(spec.window));
  const required = requiredColumns(spec);
  const open = async () => firstOf((await openRows(RED, options, required, required)).rows);
  const survey = await surveyRows(open, spec);
  for await (const batch of readBatches(await open(), spec, survey)) report.add(batch);
  return report.made();
}

export function registerUnlikeness(RED: Red): void {
  // Looks into a file of the user's machine: needs the right to write, as a deploy that reads the file does.
  RED.httpAdmin.post('/fl-tinyml/dataset/unlikeness', RED.auth.needsPermission('fl.write'), (request, response) => {
    const settings: unknown = request.body;
    if (typeof settings !== 'object' || settings === null) {
      response.status(400).json({ problem: 'Send the settings of an fl-dataset as JSON.' });
      return;
    }
    look(RED, settings as Settings).then(
      (answer) => response.json(answer),
      (thrown) => response.json({ problem: sentenceOf(thrown).message }),
    );
  });
}
