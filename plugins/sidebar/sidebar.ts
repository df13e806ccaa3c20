/** The admin routes behind the sidebar. They keep nothing: a federation that nobody looks at is not asked. */
import { isCommand } from '../../lib/federation/commands';
import type { Command } from '../../lib/federation/round-state';
import { RefusedError } from '../../lib/refused';
import type { Red } from '../../nodes/shared/red';
import { sentenceOf } from '../../nodes/shared/refusals';
import { type WatchedAggregator, watchedIn } from '../../nodes/shared/watched';
import { clientsQuery } from './clients';
import { detailsOf, lineOf } from './view';

const commandOf = (body: unknown): Command | undefined => {
  const named = typeof body === 'object' && body !== null && 'command' in body ? body.command : undefined;
  return isCommand(named) && named !== 'release' ? named : undefined;
};

export = (RED: Red): void => {
  const aggregators = (): WatchedAggregator[] => [...watchedIn(RED).aggregators];

  /** Query: `open`, the id of the one that is open, and which of its clients are in sight. */
  RED.httpAdmin.get('/fl-tinyml/federations', RED.auth.needsPermission('fl.read'), (request, response) => {
    const { open, ...query } = request.query as Record<string, unknown>;
    const { evaluators } = watchedIn(RED);
    const all = aggregators().map((watched) => ({ watched, now: watched.overview() }));
    const opened = all.find(({ watched }) => watched.node.id === open);
    response.json({
      federations: all.map(({ watched, now }) => lineOf(watched, now, evaluators)),
      ...(opened ? { open: detailsOf(opened.watched, opened.now, evaluators, clientsQuery(query)) } : {}),
    });
  });

  RED.httpAdmin.post(
    '/fl-tinyml/federations/:id/command',
    RED.auth.needsPermission('fl.write'),
    (request, response) => {
      const obey = async (): Promise<void> => {
        const command = commandOf(request.body);
        const aggregator = aggregators().find(({ node }) => node.id === request.params.id);
        if (!command) throw new RefusedError('unknown-command', RED._('refused.command'));
        if (!aggregator) throw new RefusedError('not-running', RED._('refused.notRunning'));
        await aggregator.command(command);
      };
      obey().then(
        () => response.json({}),
        (thrown) => response.status(400).json({ problem: sentenceOf(thrown).message }),
      );
    },
  );
};
