import { type ExportResult, saveFiles } from '../../lib/export';
import { RefusedError } from '../../lib/refused';
import { createEmbedding } from '../shared/embedding';
import { type GlobalModel, isKind, receiveModel } from '../shared/global-model';
import { whenModelChosen } from '../shared/model';
import { leasePool } from '../shared/pool';
import type { FlowMessage, FlowNode, Red, Send, Settings } from '../shared/red';
import { createShell } from '../shared/shell';
import { fileMessages, kilobytes, type ReportPayload } from './messages';
import { type ExportOptions, isDue, readOptions } from './options';
import { blockOf, type ExportSamples, exportSamples } from './samples';

/** Samples have stopped coming for so long: a model that waited for them is exported. */
const QUIET_MS = 400;

interface Waiting {
  global: GlobalModel;
  msg: FlowMessage;
  send: Send;
  finish: () => void;
}

const needsSamples = ({ formats }: ExportOptions): boolean => formats.includes('tflite-int8');

const nameOf = ({ fileName, numbered }: ExportOptions, { federation, trained, personal }: GlobalModel): string =>
  `${fileName || federation}${personal === undefined ? '' : ` ${personal}`}${numbered ? ` r${trained}` : ''}`;

export = (RED: Red): void => {
  function FlExport(this: FlowNode, settings: Settings): void {
    RED.nodes.createNode(this, settings);
    const shell = createShell(RED, this);
    const pool = leasePool(RED, shell.closing);
    const options = readOptions(RED, settings, (model) => createEmbedding(model, pool, shell.closing));
    let samples: ExportSamples | undefined;
    let last: GlobalModel | undefined;
    /** The newest model that is due and not yet exported. */
    let waiting: Waiting | undefined;
    let busy = false;
    let skipped = 0;
    let cancelQuiet = (): void => {};

    const showWaiting = ({ wanted }: ExportOptions): void => {
      if (busy) return;
      const count = samples?.count ?? 0;
      if (waiting) shell.status.waiting('status.waitingSamples', { count, wanted });
      else if (!last) shell.status.waiting('status.waitingModel');
      else shell.status.ready('status.holds', { round: last.trained });
    };
    const ready = options.then((read) => {
      samples = exportSamples(read.model.spec);
      showWaiting(read);
    });
    whenModelChosen(shell, settings, () => ready);
    ready.catch(() => {});

    const drop = (): void => {
      waiting?.finish();
      waiting = undefined;
    };

    async function work(read: ExportOptions, global: GlobalModel): Promise<ExportResult> {
      const { spec } = read.model;
      const { weights, normalisation, federation, trained } = global;
      const enough = samples?.enough(needsSamples(read) ? read.wanted : 1);
      const job = {
        name: nameOf(read, global),
        spec,
        weights,
        normalisation,
        formats: read.formats,
        rangeMethod: read.rangeMethod,
        shrink: read.shrink,
        calibration: enough?.calibration,
        check: enough?.check,
        about: [`${read.model.name || 'A model'}, trained by the federation "${federation}", round ${trained}`],
      };
      return (await pool.get()).exportModel(job, { signal: shell.closing });
    }

    async function exportOne(read: ExportOptions, { global, msg, send }: Waiting): Promise<void> {
      const round = global.trained;
      shell.status.working('status.exporting', { round });
      const started = performance.now();
      const result = await work(read, global);
      const { folder, deliver } = read;
      const base = RED.settings.userDir ?? process.cwd();
      const paths = deliver === 'messages' ? undefined : await saveFiles(base, folder, result.files);
      const size = kilobytes(result.files.reduce((sum, { bytes }) => sum + bytes.length, 0));
      const { leftOut } = result.report;
      if (leftOut) shell.status.ready('status.exportedSmaller', { round, size, units: leftOut.units });
      else shell.status.ready('status.exported', { round, size });
      const files = deliver === 'files' ? null : fileMessages(result, global, msg, paths);
      const payload: ReportPayload = {
        federation: global.federation,
        round,
        ...result.report,
        paths,
        skipped,
        durationMs: Math.round(performance.now() - started),
      };
      skipped = 0;
      delete msg.fl;
      msg.topic = 'fl/export-report';
      msg.payload = payload;
      send([files, msg]);
    }

    async function exportAll(): Promise<void> {
      if (busy) return;
      const read = await options;
      const canStart = (): boolean => !needsSamples(read) || samples?.enough(read.wanted) !== undefined;
      if (busy) return;
      busy = true;
      try {
        while (waiting && canStart() && !shell.closing.aborted) {
          const current = waiting;
          waiting = undefined;
          try {
            await exportOne(read, current);
          } catch (thrown) {
            shell.fail(thrown, current.msg);
          }
          current.finish();
        }
      } finally {
        busy = false;
      }
      if (!waiting) return;
      showWaiting(read);
      // It goes on waiting for samples, but its message is done: only the model is kept.
      waiting.finish();
    }

    function enqueue(global: GlobalModel, msg: FlowMessage, send: Send): Promise<void> {
      if (waiting) skipped++;
      drop();
      return new Promise<void>((finish) => {
        waiting = { global, msg, send, finish };
        shell.background(exportAll);
      });
    }

    async function takeModel(msg: FlowMessage, send: Send): Promise<void> {
      const read = await options;
      const global = receiveModel(msg, read.model, read.federation);
      if (!global) return;
      const before = last;
      const again = before?.federation === global.federation && before.trained === global.trained;
      if (again && before.payload.equals(global.payload)) return;
      last = global;
      if (isDue(read, global)) return enqueue(global, msg, send);
      showWaiting(read);
    }

    async function exportNow(msg: FlowMessage, send: Send): Promise<void> {
      const read = await options;
      if (!last) {
        throw new RefusedError(
          'no-global-model',
          'There is no model to export yet: connect the first output of fl-aggregator to this node.',
        );
      }
      await read.embedding?.settled();
      if (needsSamples(read) && samples?.enough(read.wanted) === undefined) {
        throw new RefusedError(
          'few-samples',
          `An int8 file needs ${read.wanted} samples and ${samples?.count ?? 0} have come: send more, or ask for fewer in this node.`,
        );
      }
      return enqueue(last, msg, send);
    }

    shell.onInput(async (msg, send) => {
      if (isKind(msg, 'model')) return takeModel(msg, send);
      if (msg.fl === undefined && msg.topic === 'export') return exportNow(msg, send);
      if (msg.fl === undefined && msg.topic === 'clear') {
        const read = await options;
        // Without a backbone at once, so that samples that come right behind it are kept.
        if (read.embedding) await read.embedding.settled();
        samples?.clear();
        showWaiting(read);
        return;
      }
      // What else the aggregator says to its participants is not for this node.
      if (msg.fl !== undefined && !isKind(msg, 'samples')) return;
      const read = await options;
      const block = blockOf(msg, read.model.spec);
      samples?.take(msg, read.embedding ? await read.embedding.embed(block) : block);
      if (!busy && (waiting || !last)) showSamples(read);
      cancelQuiet();
      if (waiting) cancelQuiet = shell.after(QUIET_MS, exportAll);
    });

    function showSamples({ wanted, formats }: ExportOptions): void {
      const count = samples?.count ?? 0;
      if (formats.includes('tflite-int8') && count < wanted) {
        shell.status.waiting('status.waitingSamples', { count, wanted });
      } else if (!last) shell.status.waiting('status.waitingModel');
    }

    shell.onClose(() => {
      drop();
    });
  }
  RED.nodes.registerType('fl-export', FlExport);
};
