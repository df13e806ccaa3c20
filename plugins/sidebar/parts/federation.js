/** Sends something that changes the federation; says what was wrong with it; then looks again. */
const tell = (words, url, data, again) =>
  $.ajax({ url, method: 'POST', contentType: 'application/json', data: JSON.stringify(data) })
    .fail((answer) =>
      RED.notify($('<span></span>').text(answer.responseJSON?.problem ?? words.of('live.refused')), 'error'),
    )
    .always(again);

/** Start, pause, one step, begin anew; and the way to the node. */
const createActions = (words, line, mayWrite, again) => {
  const send = (command) =>
    tell(words, `fl-tinyml/federations/${encodeURIComponent(line.id)}/command`, { command }, again);
  const reset = () => {
    const notice = RED.notify($('<span></span>').text(words.of('action.resetAsk', { federation: line.federation })), {
      modal: true,
      fixed: true,
      type: 'warning',
      buttons: [
        { text: words.of('action.cancel'), click: () => notice.close() },
        {
          text: words.of('action.reset'),
          class: 'primary',
          click: () => {
            notice.close();
            send('reset');
          },
        },
      ],
    });
  };
  const start = button(words.of('action.start'), 'play', () => send('start'));
  const pause = button(words.of('action.pause'), 'pause', () => send('pause'));
  const step = button(words.of('action.step'), 'step-forward', () => send('step'));
  const anew = button(words.of('action.reset'), 'undo', reset);
  const find = button(words.of('action.reveal'), 'crosshairs', () => revealNode(line.shown));
  const commands = mayWrite ? [start, pause, step, anew] : [];
  return {
    root: element(
      'div',
      { class: 'fl-side-actions', role: 'group', 'aria-label': words.of('action.title') },
      ...[...commands, find].map((one) => one.root),
    ),
    show({ phase, running }) {
      const on = phase !== 'off';
      start.enable(on && !running && phase !== 'finished');
      pause.enable(on && running);
      step.enable(on && !running && phase !== 'finished');
      anew.enable(on);
    },
  };
};

/** All about the federation that is open. */
const createDetails = (words, line, again) => {
  const mayWrite = RED.user.hasPermission('fl.write');
  const actions = createActions(words, line, mayWrite, again);
  const alarm = element('p', { class: 'fl-side-alarm', role: 'status' });
  const facts = createFacts(words);
  const charts = createCharts(words);
  const release = (client) =>
    tell(words, `fl-tinyml/aggregator/${encodeURIComponent(line.id)}/release`, { client }, again);
  const quarantine = createQuarantine(words, mayWrite ? release : undefined);
  const clients = createClientList(words, again);
  const refused = createRefused(words);
  const { of, bytes, number } = words;

  const privacyOf = (claim) => {
    if (!claim) return undefined;
    const { mode, epsilon, delta, clippingNorm } = claim;
    return Number.isFinite(epsilon)
      ? of('privacy.spent', { mode, epsilon: number(epsilon), delta: String(delta), clip: number(clippingNorm) })
      : of('privacy.mode', { mode });
  };

  /** When all are done there is no next one. */
  const roundOf = ({ round, rounds }) =>
    rounds > 0 ? of('fact.roundOf', { round: Math.min(round, rounds), rounds }) : of('fact.round', { round });

  return {
    root: element(
      'div',
      { class: 'fl-side-body' },
      ...[actions.root, alarm, facts.root, charts.root, quarantine.root],
      section(words.of('clients.title'), clients.root),
      refused.root,
    ),
    asked: clients.asked,
    show(now, details) {
      const { totals, strategy, rule, last } = details;
      actions.show(now);
      alarm.hidden = details.void === undefined;
      setText(alarm, details.void === undefined ? '' : of('void.last', { reason: details.void }));
      facts.show({
        rounds: now.phase === 'off' ? undefined : roundOf(now),
        last: last && of('fact.tookAgo', { ago: words.ago(last.agoMs), took: words.span(last.tookMs) }),
        clients: of(now.clients === now.known ? 'fact.there' : 'fact.thereOf', now),
        strategy: rule ? of('fact.strategyBy', { strategy, rule }) : strategy,
        bytes: of('fact.upDown', { up: bytes(details.bytesUp), down: bytes(details.bytesDown) }),
        groups: details.groups?.join(' + '),
        privacy: privacyOf(details.privacy),
        secure: details.secure && of(details.secure.dropped > 0 ? 'fact.maskedOf' : 'fact.masked', details.secure),
        declined: totals.declined > 0 ? String(totals.declined) : undefined,
        withheld: totals.withheld > 0 ? String(totals.withheld) : undefined,
        late: totals.late > 0 ? String(totals.late) : undefined,
        voids:
          totals.voids > 0
            ? of('fact.voidOf', { voids: totals.voids, askings: totals.voids + totals.rounds })
            : undefined,
      });
      charts.show(details.points, details.series);
      quarantine.show(details.quarantined);
      clients.show(details.clients, now.known, now.federation);
      refused.show(details.refused);
    },
  };
};
