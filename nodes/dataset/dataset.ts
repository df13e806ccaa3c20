import { type Batcher, batcher, requiredColumns, surveyRows } from '../../lib/data/dataset';
import { sampleMaker } from '../../lib/data/windows';
import { RefusedError } from '../../lib/update/message';
import { findModel } from '../shared/model';
import type { FlowMessage, FlowNode, Red, Send, Settings } from '../shared/red';
import { list, text } from '../shared/settings';
import { createShell } from '../shared/shell';
import { checkAgainst } from './fit';
import { type DatasetOptions, datasetOptions } from './options';
import { createOutlets, type Outlets } from './outlets';
import { registerPreview } from './preview';
import { replay } from './replay';
import { createReport, type Report } from './report';
import { merge, rowsOf } from './rows';
import { openRows } from './source';
import { registerUnlikeness } from './unlikeness';

interface Work {
  options: DatasetOptions;
  /** Of rows that come by message; a pass over a file has its own. */
  batches: Batcher | undefined;
  outlets: Outlets;
  report: Report | undefined;
}

export = (RED: Red): void => {
  registerPreview(RED);
  registerUnlikeness(RED);

  function FlDataset(this: FlowNode, settings: Settings): void {
    RED.nodes.createNode(this, settings);
    const shell = createShell(RED, this);
    const { status } = shell;
    const emit: Send = (outputs) => this.send(outputs as Parameters<FlowNode['send']>[0]);
    let running: AbortController | undefined;

    const idle = (): boolean => {
      if (!Array.isArray(settings.features) || settings.features.length === 0) {
        status.waiting('status.noFeatures');
        return true;
      }
      if (settings.source !== 'flow' && text(settings, settings.source === 'file' ? 'file' : 'shipped') === '') {
        status.waiting(settings.source === 'file' ? 'status.noFile' : 'status.noShipped');
        return true;
      }
      return false;
    };
    const prepare = async (): Promise<Work> => {
      const model = text(settings, 'model') === '' ? undefined : await findModel(RED, settings.model);
      const classes = list(settings, 'classes');
      const options = datasetOptions({
        ...settings,
        classes: classes.length > 0 ? classes : (model?.spec.labels ?? []),
      });
      const batches = options.source === 'flow' ? batcher(options.spec) : undefined;
      const maker = batches?.maker ?? sampleMaker(options.spec.window);
      if (model) checkAgainst(model, { maker });
      return {
        options,
        batches,
        outlets: createOutlets(options.outputs, maker, batches ? undefined : this.id, options.topic),
        report: options.report ? createReport(maker) : undefined,
      };
    };
    // Read at once, so that a second message does not start a second one; an error is told when it is used.
    let work = prepare();
    work.catch(() => {});

    const pass = async (signal: AbortSignal): Promise<void> => {
      const { options, outlets, report: unlike } = await work;
      outlets.reset();
      unlike?.reset();
      const live = options.rowsPerSecond !== undefined;
      const required = requiredColumns(options.spec);
      const counted = async () => (await openRows(RED, options, required, required)).rows;
      const survey = await surveyRows(counted, options.spec);
      signal.throwIfAborted();
      do {
        const { rows, report } = await openRows(RED, options, required, live ? undefined : required);
        const problems = await replay(rows, {
          spec: options.spec,
          survey,
          samplesPerSecond: options.rowsPerSecond,
          signal,
          emit(batch, last, row) {
            unlike?.add(batch);
            outlets.send(emit, batch, last, row ? { row } : undefined);
            status.working('status.sending', { number: outlets.sent() });
          },
        });
        for (const problem of [...report.problems, ...problems].slice(0, 3)) {
          this.log(RED._('log.leftOut', { problem }));
        }
        const [unlisted] = outlets.unlisted().keys();
        if (unlisted !== undefined) {
          throw new RefusedError(
            'no-output',
            `Rows of "${unlisted}" have no output: add it to the list of clients, or leave its rows out by a condition.`,
          );
        }
        if (unlike) outlets.report(emit, unlike.made());
        unlike?.reset();
      } while (options.repeat && !signal.aborted);
      status.ready('status.sent', { number: outlets.sent() });
    };
    const start = (): void => {
      running?.abort();
      const control = new AbortController();
      running = control;
      status.working('status.reading');
      pass(control.signal).catch((thrown) => {
        if (!control.signal.aborted) shell.broken(thrown);
      });
    };
    const stop = (): void => {
      running?.abort();
      running = undefined;
      status.ready('status.stopped');
    };

    const takeRows = async (msg: FlowMessage, send: Send): Promise<void> => {
      const { options, batches, outlets, report } = await work;
      if (!batches) return;
      const ended = msg.topic === 'end';
      const { missing } = options.spec.window;
      const columns = missing?.policy === 'drop' ? requiredColumns(options.spec) : [];
      const rows = ended ? [] : rowsOf(msg, columns);
      const { counts } = batches.maker;
      const before = counts.dropped;
      const made = merge([...rows.flatMap((row) => batches.push(row)), ...(ended ? batches.flush() : [])]);
      for (const batch of made) {
        report?.add(batch);
        const single = rows.length === 1 && batch.block.count === 1 ? { ...msg, row: rows[0] } : { ...msg };
        outlets.send(send, batch, undefined, single);
      }
      if (ended && report) outlets.report(send, report.made());
      status.ready('status.sent', { number: outlets.sent() });
      if (counts.dropped > before) {
        const why = counts.problems.at(-1) ?? 'a cell is empty or no number.';
        throw new RefusedError('row', `${counts.dropped - before} of ${rows.length} rows gave no sample: ${why}`);
      }
    };

    shell.onInput(async (msg, send) => {
      if (settings.source === 'flow') {
        await takeRows(msg, send);
      } else if (msg.topic === 'stop') {
        stop();
      } else {
        await work;
        start();
      }
    });
    shell.onClose(() => running?.abort());
    shell.whenStarted(async () => {
      if (idle()) return;
      // The fl-model may have come with this deploy, after this node.
      work = prepare();
      const { options } = await work;
      if (options.source === 'flow') status.waiting('status.rows');
      else if (options.start === 'message') status.waiting('status.start');
      else start();
    });
  }
  RED.nodes.registerType('fl-dataset', FlDataset);
};
