import { centralEvent, normOfRound } from '../../lib/privacy/central';
import { clipToNorm } from '../../lib/privacy/clip';
import { distributedEvent, distributedSigma } from '../../lib/privacy/distributed';
import { type ExponentialEvent, type PrivacyEvent, parseExponential } from '../../lib/privacy/events';
import { localEvent } from '../../lib/privacy/local';
import { begunAt } from '../../lib/privacy/tree';
import { RefusedError } from '../../lib/refused';
import { checkOrder } from '../../lib/update/codecs/composition';
import { operations, remaining } from '../../lib/update/codecs/registry';
import { limits } from '../../lib/update/limits';
import type { UpdateHeader } from '../../lib/update/message';
import { choice, fields, text } from '../../lib/update/reader';
import { parseMessage } from '../../lib/update/validate';
import { checkedLater } from '../shared/checked';
import { isKind } from '../shared/global-model';
import { leaseKernels } from '../shared/kernels';
import { createNoising } from '../shared/noising';
import { leasePool } from '../shared/pool';
import type { FlowMessage, FlowNode, Red, Send, Settings } from '../shared/red';
import { createShell } from '../shared/shell';
import { registerAccount } from './account-route';
import { leaseAccounts } from './accounts';
import { type Options, readOptions } from './options';
import { createReckoner } from './reckoner';

/** `msg.privacy` of a message that is no update. Throws RefusedError 'header'. */
function readRelease(value: unknown, mode: Options['mode']): ExponentialEvent & { federation: string } {
  const read = fields(value, 'msg.privacy');
  choice(read.get('mechanism'), 'msg.privacy.mechanism', ['exponential'] as const);
  const event = parseExponential(read, 'msg.privacy');
  // Each client has a ledger of its own but in central mode.
  if (mode !== 'central') text(read.get('client'), 'msg.privacy.client', limits.name);
  return { ...event, federation: text(read.get('federation'), 'msg.privacy.federation', limits.name) };
}

const limitOf = (budget: number): { budget?: number } => (budget < Number.MAX_VALUE ? { budget } : {});
/** An epsilon that is no bound is told as such. */
const counted = ({ accountant }: Options): { accountant?: string } => (accountant === 'rdp' ? {} : { accountant });

function eventOf({ client, round }: UpdateHeader, given: Options, begun: number | undefined): PrivacyEvent {
  const { mode, noiseMultiplier, samplingRate, tree } = given;
  if (mode === 'local') return localEvent(noiseMultiplier);
  if (mode === 'distributed') return distributedEvent(noiseMultiplier);
  if (!tree || begun === undefined) return centralEvent(noiseMultiplier, samplingRate);
  return { mechanism: 'tree', client, noiseMultiplier, levels: tree.levels, begun, leaf: round - begun };
}

/** Of the noise that is added here. */
function sigmaOf({ mode, noiseMultiplier, clients }: Options, clippingNorm: number): number {
  if (mode === 'central') return 0;
  return clients === undefined
    ? noiseMultiplier * clippingNorm
    : distributedSigma({ noiseMultiplier, clippingNorm, clients });
}

/** Whose budget an update spends. */
type Payer = Pick<UpdateHeader, 'federation'> & { client?: string };
const accountName = ({ federation, client }: Payer, { mode }: Options): string =>
  JSON.stringify(mode === 'central' ? [mode, federation] : [mode, federation, client]);

export = (RED: Red): void => {
  registerAccount(RED);

  function FlDpNoise(this: FlowNode, settings: Settings): void {
    RED.nodes.createNode(this, settings);
    const shell = createShell(RED, this);
    const accounts = leaseAccounts(RED, shell.closing);
    const kernels = leaseKernels(RED, shell.closing);
    const pool = leasePool(RED, shell.closing);
    const reckoner = createReckoner(pool, shell.closing);
    const noising = createNoising(pool, shell.closing);
    let updates = 0;
    let unclipped = 0;
    const options = checkedLater(shell, async () => {
      const read = await readOptions(settings, reckoner, () => shell.status.working('status.planning'));
      shell.status.waiting('status.waiting');
      return read;
    });

    /** `begun`: the first round of the tree. */
    const payUpdate = (fl: UpdateHeader, given: Options, begun: number | undefined): Promise<number> => {
      // Whoever takes part in a tree pays for itself; else one noise is for all.
      const isShared = given.mode === 'central' && begun === undefined;
      return pay(fl, given, eventOf(fl, given, begun), isShared ? JSON.stringify([fl.round, fl.attempt]) : undefined);
    };

    async function pay(who: Payer, given: Options, event: PrivacyEvent, once?: string): Promise<number> {
      const { budget, delta, accountant } = given;
      try {
        const terms = { budget, delta, accountant };
        return await (await accounts.get()).charge(accountName(who, given), event, terms, { once, reckoner });
      } catch (thrown) {
        if (thrown instanceof RefusedError && thrown.code === 'budget-exhausted') {
          shell.status.error('status.exhausted');
          throw thrown;
        }
        const reason = thrown instanceof Error ? thrown.message : String(thrown);
        throw new RefusedError('no-account', RED._('runtime.notReady', { reason }));
      }
    }

    const show = (epsilon: number, budget: number): void =>
      shell.status.ready(budget < Number.MAX_VALUE ? 'status.of' : 'status.spent', {
        epsilon: epsilon.toPrecision(3),
        budget,
      });

    /** Something else that the flow tells of the same data: it leaves when its account is paid, as it is. */
    async function releaseOther(msg: FlowMessage, send: Send): Promise<void> {
      const given = await options();
      const { mode, budget, delta } = given;
      const { federation, ...event } = checkedRelease(msg, mode);
      const epsilon = await pay({ federation, ...event }, given, event);
      show(epsilon, budget);
      const { client } = event;
      const account = { federation, ...(client && { client }), mode, mechanism: event.mechanism, epsilon, delta };
      send([msg, { topic: 'fl/privacy', payload: { ...account, ...limitOf(budget), ...counted(given) } }]);
    }

    function checkedRelease(msg: FlowMessage, mode: Options['mode']): ReturnType<typeof readRelease> {
      try {
        return readRelease(msg.privacy, mode);
      } catch (thrown) {
        const reason = thrown instanceof Error ? thrown.message : String(thrown);
        throw new RefusedError('release', RED._('runtime.release', { reason }));
      }
    }

    async function release(msg: FlowMessage, send: Send): Promise<void> {
      const { fl, payload } = parseMessage(msg);
      if (fl.kind !== 'update') return;
      const given = await options();
      const { mode, adaptive, tree, noiseMultiplier, delta, budget } = given;
      const clippingNorm = normOfRound(given, fl.central);
      const begun = tree && begunAt({ clippingNorm, noiseMultiplier }, tree.levels, fl.central?.tree, fl.round);
      checkOrder('noise', operations(fl));
      const { values: exact, payloadOf } = remaining({ payload, fl });
      const { vector: bounded, norm, clipped } = clipToNorm(exact, clippingNorm, await kernels.get());
      const epsilon = await payUpdate(fl, given, begun);
      const sigma = sigmaOf(given, clippingNorm);
      const vector = sigma > 0 ? await noising(bounded, { sigma }) : bounded;
      updates++;
      if (!clipped) unclipped++;
      show(epsilon, budget);
      const { central: _, ...rest } = fl;
      const privacy = { mode, clippingNorm, noiseMultiplier, delta, epsilon };
      const header: UpdateHeader = {
        ...rest,
        privacy: {
          ...privacy,
          ...(given.clients !== undefined && { clients: given.clients }),
          ...(adaptive && { adaptive, within: !clipped }),
          ...(tree && begun !== undefined && { tree: { levels: tree.levels, begun } }),
        },
      };
      // Losses, step counts and reconstruction errors are figures of the raw samples too, and carry no noise.
      if (mode !== 'central') {
        delete header.metrics;
        delete header.errors;
      }
      msg.payload = payloadOf(vector);
      msg.fl = header;
      const { federation, round, client } = fl;
      const account = { federation, round, client, mode, epsilon, delta, ...limitOf(budget), ...counted(given) };
      const clipping = { clippingNorm, noiseMultiplier, clipped, unclippedShare: unclipped / updates };
      // The norm is a figure of the exact update: it stays with whoever sees the second output.
      send([msg, { topic: 'fl/privacy', payload: { ...account, ...clipping, norm } }]);
    }

    async function passStatistics(msg: FlowMessage, send: Send): Promise<void> {
      if ((await options()).statistics === 'refuse') {
        throw new RefusedError('statistics', RED._('runtime.statistics'));
      }
      send([msg, null]);
    }

    shell.onInput((msg, send) => {
      if (msg.fl === undefined && msg.privacy !== undefined) return releaseOther(msg, send);
      if (msg.fl === undefined) throw new RefusedError('no-header', RED._('runtime.notUpdate'));
      if (isKind(msg, 'update')) return release(msg, send);
      if (isKind(msg, 'statistics')) return passStatistics(msg, send);
      send([msg, null]);
      return undefined;
    });
  }
  RED.nodes.registerType('fl-dp-noise', FlDpNoise);
};
