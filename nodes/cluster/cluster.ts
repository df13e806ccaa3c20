import { parted } from '../../lib/federation/groups/parted';
import { membersOf, noted, toldBy, toldByMetrics, type Whereabouts } from '../../lib/federation/groups/whereabouts';
import { RefusedError } from '../../lib/refused';
import type { Message, ModelHeader } from '../../lib/update/message';
import { parseMessage } from '../../lib/update/validate';
import { checked } from '../shared/checked';
import type { FlowMessage, FlowNode, Red, Send, Settings } from '../shared/red';
import { createShell } from '../shared/shell';
import { keptWhereabouts } from './kept';
import { type ClusterOptions, clusterOptions } from './options';

const isModel = (message: Message): message is Message<ModelHeader> => message.fl.kind === 'model';

/** The groups in the metrics of an aggregator; undefined: these are none. */
function groupsIn({ topic, payload }: FlowMessage): unknown {
  if (topic !== 'fl/metrics' || typeof payload !== 'object' || payload === null) return undefined;
  return 'groups' in payload ? payload.groups : [];
}

export = (RED: Red): void => {
  function FlCluster(this: FlowNode, settings: Settings): void {
    RED.nodes.createNode(this, settings);
    const shell = createShell(RED, this);
    shell.status.waiting('status.waiting');
    const options = checked(shell, () => clusterOptions(settings));
    const kept = keptWhereabouts(RED, this.id);
    let known: Whereabouts | undefined;
    let most = 0;
    const missing = new Set<number>();
    const reading = kept.read();

    const wiresOf = (how: ClusterOptions): number => (how.mode === 'client' ? 1 : how.groups);

    /** The wire of a group; undefined: it has none here. */
    const wireOf = (group: number, how: ClusterOptions, where: Whereabouts): number | undefined => {
      if (how.mode === 'client') return where.get(how.client) === group ? 0 : undefined;
      if (group < how.groups) return group;
      if (!missing.has(group)) this.warn(RED._('runtime.noOutput', { group: group + 1 }));
      missing.add(group);
      return undefined;
    };

    const note = async (facts: [string, number][], how: ClusterOptions, send: Send): Promise<Whereabouts> => {
      const read = await reading;
      // Others that waited may have been faster.
      const before = known ?? read;
      const where = noted(before, facts);
      known = where;
      if (where === before) return where;
      const groups = membersOf(where).map((clients, group) => ({ group: group + 1, clients }));
      send([...Array.from({ length: wiresOf(how) }, () => null), { topic: 'fl/groups', payload: groups }]);
      await kept.write(where);
      return where;
    };

    const pass = (
      msg: FlowMessage,
      message: Message<ModelHeader>,
      how: ClusterOptions,
      where: Whereabouts,
      send: Send,
    ) => {
      for (const { group, message: part } of parted(message)) {
        most = Math.max(most, group + 1);
        const wire = wireOf(group, how, where);
        if (wire === undefined) continue;
        const out = { ...msg, payload: part.payload, fl: part.fl };
        send([...Array.from({ length: wiresOf(how) }, (_, i) => (i === wire ? out : null)), null]);
      }
    };

    const show = (how: ClusterOptions, where: Whereabouts): void => {
      if (how.mode === 'groups')
        shell.status.ready('status.groups', { groups: Math.max(most, membersOf(where).length) });
      else if (where.has(how.client)) shell.status.ready('status.follows', { group: (where.get(how.client) ?? 0) + 1 });
      else shell.status.waiting('status.noGroup');
    };

    shell.onInput(async (msg, send) => {
      const how = options();
      if (msg.fl === undefined) {
        const groups = groupsIn(msg);
        if (groups === undefined) throw new RefusedError('no-header', RED._('runtime.notFederation'));
        show(how, await note(toldByMetrics(groups), how, send));
        return;
      }
      const message = parseMessage(msg);
      const where = await note(toldBy(message.fl), how, send);
      if (isModel(message)) pass(msg, message, how, where, send);
      show(how, where);
    });
    shell.onClose(async (removed) => {
      await kept.settled();
      if (removed) await kept.forget();
    });
  }
  RED.nodes.registerType('fl-cluster', FlCluster);
};
