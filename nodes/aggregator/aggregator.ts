import { isCommand } from '../../lib/federation/commands';
import { type Coordinator, createCoordinator } from '../../lib/federation/coordinator';
import { federationOptions } from '../../lib/federation/options';
import { createStore } from '../../lib/state/store';
import { RefusedError } from '../../lib/update/message';
import { headerOf } from '../shared/intake';
import { leaseKernels } from '../shared/kernels';
import { findAnyModel, stateFolder } from '../shared/model';
import { createNoising } from '../shared/noising';
import { leasePool } from '../shared/pool';
import { detached, type Red, type Settings } from '../shared/red';
import { collectRefusals } from '../shared/refusals';
import { text } from '../shared/settings';
import { createShell } from '../shared/shell';
import { watchAggregator } from '../shared/watched';
import { aggregatorOptions } from './options';
import { showPhase } from './phase';
import { type QuarantineKeeper, registerQuarantine } from './quarantine';
import { openRoot, type RootSamples } from './root';
import { refuseTwins } from './twins';

/** Told by the library like a refusal, but nothing is wrong: a line in the log. */
const notices = new Set(['model-changed', 'state-fallback']);

export = (RED: Red): void => {
  registerQuarantine(RED);

  function FlAggregator(this: QuarantineKeeper, settings: Settings): void {
    RED.nodes.createNode(this, settings);
    const shell = createShell(RED, this);
    const { status } = shell;
    const kernels = leaseKernels(RED, shell.closing);
    const pool = leasePool(RED, shell.closing);
    const refusals = collectRefusals(shell);
    const federation = text(settings, 'federation', 'default');
    let work: Promise<Coordinator> | undefined;
    const watched = watchAggregator(RED, this, shell, {
      federation,
      model: text(settings, 'model'),
      command: async (name) => {
        const coordinator = await ready();
        refusals.during(() => coordinator.command(name));
      },
    });
    /** FLTrust only. */
    let root: RootSamples | undefined;

    const open = async (): Promise<Coordinator> => {
      const model = await findAnyModel(RED, settings.model);
      refuseTwins(RED, this, federation);
      const options = federationOptions(aggregatorOptions(settings, model.spec.labels));
      if (this.wires && (this.wires[0] ?? []).length === 0) {
        throw new RefusedError(
          'no-path',
          'Wire the first output of this aggregator to the clients: without it they are never asked.',
        );
      }
      if (options.rule.name === 'fltrust') {
        root ??= await openRoot(RED, { shell, model, pool, federation, warn: (sentence) => this.warn(sentence) });
      }
      return createCoordinator({
        federation,
        model,
        options,
        kernels: await kernels.get(),
        ...(root ? { root: root.learner } : {}),
        combine: async (rule, input) => (await pool.get()).combine(rule, input, { signal: shell.closing }),
        noising: createNoising(pool, shell.closing),
        store: createStore(stateFolder(RED, 'federations')),
        beside: watched.figures,
        send: (message) => {
          if (!shell.closing.aborted) this.send(detached(message));
        },
        onMetrics: (payload) => {
          watched.round(payload);
          if (!shell.closing.aborted) this.send([null, { topic: 'fl/metrics', payload: { ...payload } }]);
        },
        onUnlikeness: (report) => {
          const payload = { federation, labels: model.spec.labels, ...report };
          if (!shell.closing.aborted) this.send([null, { topic: 'fl/unlikeness', payload }]);
        },
        onRefused: (refused) => {
          if (notices.has(refused.code)) this.warn(refused.message);
          else refusals.take(refused);
        },
        onStatus: (now) => showPhase(status, now, options),
      });
    };
    const ready = (): Promise<Coordinator> => {
      work ??= watched.opening(open());
      return work;
    };

    this.registry = async () => (await work)?.snapshot().registry ?? [];
    this.release = async (client) => {
      const coordinator = await ready();
      refusals.during(() => coordinator.command('release', client));
    };

    shell.onInput(async (msg) => {
      const coordinator = await ready();
      const { topic, fl } = msg;
      if (root && headerOf(msg)?.kind === 'samples') {
        await root.intake.take(msg);
        return;
      }
      refusals.during(() => {
        if (fl === undefined && isCommand(topic)) coordinator.command(topic, msg.payload);
        else coordinator.receive(msg);
      });
    });
    shell.onClose(async () => {
      const coordinator = await work?.catch(() => undefined);
      await coordinator?.close();
      await root?.intake.save();
    });
    const start = async (): Promise<void> => {
      if (text(settings, 'model') === '') {
        status.waiting('status.noModel');
        return;
      }
      status.working('status.starting');
      try {
        await ready();
      } catch (thrown) {
        // The other one may go with a later deploy that leaves this node as it is.
        if (thrown instanceof RefusedError && thrown.code === 'two-aggregators') {
          shell.whenStarted(() => {
            work = undefined;
            return start();
          });
        }
        throw thrown;
      }
    };
    shell.whenStarted(start);
  }
  RED.nodes.registerType('fl-aggregator', FlAggregator);
};
