import { RefusedError } from '../../lib/refused';
import { decodeAll } from '../../lib/update/codecs/registry';
import type { DeclineHeader, UpdateHeader } from '../../lib/update/message';
import { parseMessage } from '../../lib/update/validate';
import { allFinite, sharedCopy, vectorPayload } from '../../lib/update/vector';
import { checked } from '../shared/checked';
import { isKind } from '../shared/global-model';
import { leasePool } from '../shared/pool';
import type { FlowMessage, FlowNode, Red, Send, Settings } from '../shared/red';
import { choice, number, text } from '../shared/settings';
import { createShell } from '../shared/shell';
import { bytesOf, type Collection, collectionOf, hold, isComplete, judgedAt, keyOf } from './collection';
import { type Judged, judge, type KrumRule, methods, neededOf } from './judge';

/** Rounds collected at once, of all federations, and judged rounds that are remembered. */
const MOST_OPEN = 16;
const MOST_JUDGED = 64;

interface Item {
  msg: FlowMessage;
  send: Send;
}
interface Open extends Collection<Item> {
  cancel: () => void;
}

function readOptions(settings: Settings) {
  const rule: KrumRule = {
    method: choice(settings, 'method', methods, 'multi-krum'),
    byzantine: number(settings, 'byzantine', 1, { min: 0, max: 10000, integer: true }),
    trusted: text(settings, 'trusted'),
    tooFew: choice<'none' | 'all'>(settings, 'tooFew', ['none', 'all'], 'none'),
  };
  if (rule.method === 'fltrust' && rule.trusted === '') {
    throw new RefusedError('bad-setting', 'Name the client that is trusted: the others are compared with its updates.');
  }
  if (choice(settings, 'keepType', ['auto', 'num'], 'auto') === 'num') {
    rule.keep = number(settings, 'keep', 1, { min: 1, max: 1e5, integer: true });
  }
  const seconds =
    choice(settings, 'waitType', ['auto', 'num'], 'auto') === 'num'
      ? number(settings, 'wait', 60, { min: 0.001, max: 86400 })
      : undefined;
  const megabytes = number(settings, 'memory', 256, { min: 1, max: 16384 });
  return { rule, wait: seconds === undefined ? undefined : 1000 * seconds, megabytes };
}

const declineOf = ({ federation, model, round, attempt, client }: UpdateHeader, reason: string): DeclineHeader => {
  return { kind: 'decline', federation, model, round, attempt, client, reason: reason.slice(0, 300) };
};

export = (RED: Red): void => {
  function FlKrumFilter(this: FlowNode, settings: Settings): void {
    RED.nodes.createNode(this, settings);
    const shell = createShell(RED, this);
    const pool = leasePool(RED, shell.closing);
    const open = new Map<string, Open>();
    const judgedKeys = new Set<string>();
    const warn = (sentence: string): void => this.warn(sentence);
    shell.status.waiting('status.waiting');
    const options = checked(shell, () => readOptions(settings));

    /** Out by the second output; and the aggregator hears that this client is out, so that it need not wait for it. */
    const reject = (msg: FlowMessage, send: Send, reason: string, fl?: UpdateHeader): void => {
      msg.topic = 'fl/rejected';
      msg.reason = reason;
      send([fl ? { fl: declineOf(fl, reason), payload: Buffer.alloc(0) } : null, msg]);
    };

    const release = (
      { held, score, reason, sentence, changed }: Judged<Item>,
      values: Record<string, string | number>,
    ): void => {
      const { header, item } = held;
      item.msg.fl = { ...header, ...(score && { score }), ...(changed && { codecs: [] }) };
      if (changed) {
        item.msg.payload = vectorPayload(changed.vector);
        item.msg.factor = changed.factor;
      }
      if (reason === undefined) item.send([item.msg, null]);
      else {
        const all = { ...values, rank: score?.rank ?? '', client: header.client };
        reject(item.msg, item.send, sentence ?? RED._(`reason.${reason}`, all), header);
      }
    };

    function close(collection: Open): void {
      collection.cancel();
      open.delete(collection.key);
      judgedKeys.add(collection.key);
      for (const key of judgedKeys) {
        if (judgedKeys.size <= MOST_JUDGED) break;
        judgedKeys.delete(key);
      }
    }

    async function settle(collection: Open): Promise<void> {
      if (!open.has(collection.key)) return;
      close(collection);
      const { round, held } = collection;
      if (held.length === 0) return;
      const { rule } = options();
      shell.status.working('status.scoring', { count: held.length });
      try {
        const { squaredDistances, combine } = await pool.get();
        const control = { signal: shell.closing };
        const verdict = await judge(held, rule, {
          distances: (vectors) => squaredDistances(vectors, control),
          combine: (chosen, input) => combine(chosen, input, control),
        });
        const { compared: count, needed } = verdict;
        const through = verdict.judged.filter(({ reason }) => reason === undefined).length;
        for (const one of verdict.judged) release(one, { count, needed, through });
        if (!verdict.tooFew) shell.status.ready('status.through', { through, count });
        else {
          shell.status.waiting('status.tooFew', { count, needed });
          const why = verdict.noRoot ? 'noRoot' : 'tooFew';
          const values = { round, count, needed, client: rule.trusted ?? '' };
          if (rule.tooFew === 'all') warn(RED._(`runtime.${why}All`, values));
          else shell.fail(new RefusedError('krum-bound', RED._(`runtime.${why}None`, values)));
        }
      } catch (thrown) {
        // What could not be compared is not let through.
        shell.fail(thrown);
        for (const { item, header } of held) reject(item.msg, item.send, RED._('reason.not-compared'), header);
      }
    }
    /** A newer round of the same federation: the older one is over. One voice alone does not end a round of others. */
    function endOlder(newest: Open): void {
      if (newest.answered.size < 2 && !isComplete(newest)) return;
      for (const other of [...open.values()]) {
        if (other.federation === newest.federation && other.round < newest.round) shell.background(() => settle(other));
      }
    }

    function collectionFor(fl: UpdateHeader | DeclineHeader): Open {
      const key = keyOf(fl);
      const known = open.get(key);
      if (known) return known;
      if (open.size >= MOST_OPEN) {
        // The one that the fewest have answered: strangers must not push the real round out.
        const weakest = [...open.values()].reduce((least, one) =>
          one.answered.size < least.answered.size ? one : least,
        );
        shell.background(() => settle(weakest));
      }
      const made: Open = { ...collectionOf<Item>(fl, Date.now()), cancel: () => {} };
      open.set(key, made);
      return made;
    }

    function arm(collection: Open): void {
      const { rule, wait } = options();
      collection.cancel();
      // Nobody has said yet how many were asked, and for how long.
      if (collection.expected.length === 0) return;
      endOlder(collection);
      const at = judgedAt(collection, wait, neededOf(rule));
      if (at <= Date.now()) {
        shell.background(() => settle(collection));
        return;
      }
      collection.cancel = shell.after(at - Date.now(), () => settle(collection));
      const [count, expected] = [collection.held.length, Math.max(...collection.expected, 0)];
      shell.status.working('status.holding', { count, expected });
    }

    function takeUpdate(msg: FlowMessage, send: Send): void {
      const { megabytes } = options();
      const { fl, payload } = parseMessage(msg);
      if (fl.kind !== 'update') return;
      const { client, round } = fl;
      if (open.get(keyOf(fl))?.answered.has(client)) {
        reject(msg, send, RED._('reason.twice', { client, round }));
        return;
      }
      if (judgedKeys.has(keyOf(fl))) {
        reject(msg, send, RED._('reason.late', { client, round }), fl);
        return;
      }
      // What lies in shared memory is compared without being copied, all of a round at once.
      const vector = sharedCopy(decodeAll(payload, fl.codecs, fl.tensors));
      const bytes = payload.length + vector.byteLength;
      const used = [...open.values()].reduce((sum, one) => sum + bytesOf(one), 0);
      const collection = collectionFor(fl);
      const unfit = !allFinite(vector) ? 'not-finite' : used + bytes > megabytes * 1e6 ? 'memory' : undefined;
      if (unfit) {
        collection.answered.add(client);
        reject(msg, send, RED._(`reason.${unfit}`, { client, limit: megabytes }), fl);
      } else hold(collection, { header: fl, vector, bytes, item: { msg, send } });
      arm(collection);
    }

    function takeDecline(msg: FlowMessage): void {
      const { fl } = parseMessage(msg);
      if (fl.kind !== 'decline' || judgedKeys.has(keyOf(fl))) return;
      const collection = collectionFor(fl);
      collection.answered.add(fl.client);
      arm(collection);
    }

    shell.onInput((msg, send) => {
      if (msg.fl === undefined) throw new RefusedError('no-header', RED._('runtime.notUpdate'));
      if (isKind(msg, 'update')) {
        takeUpdate(msg, send);
        return;
      }
      if (isKind(msg, 'decline')) takeDecline(msg);
      send([msg, null]);
    });
    shell.onClose(() => {
      open.clear();
    });
  }
  RED.nodes.registerType('fl-krum-filter', FlKrumFilter);
};
