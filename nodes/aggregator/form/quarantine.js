/** The list of who is in quarantine at this moment, with a way back for each. It begins when the dialogue opens; gives what ends it. */
const showQuarantine = (node) => {
  const EVERY_MS = 2000;
  const list = $('#fl-aggregator-quarantine');
  const path = `fl-tinyml/aggregator/${encodeURIComponent(node.id)}`;
  let shown = '';
  let ended = false;
  let timer = null;

  const line = ({ client, since, rejections, reason }) => {
    const back = $('<button type="button" class="red-ui-button red-ui-button-small" style="float: right"></button>')
      .text(node._('quarantine.release'))
      .on('click', () => {
        back.prop('disabled', true);
        const question = {
          url: `${path}/release`,
          method: 'POST',
          contentType: 'application/json',
          data: JSON.stringify({ client }),
        };
        $.ajax(question)
          .done(show)
          .fail((answer) => say(answer.responseJSON?.problem || node._('quarantine.unknown')));
      });
    return $('<div style="margin-bottom: 6px"></div>')
      .attr('data-client', client)
      .append(back)
      .append($('<b></b>').text(client))
      .append(
        $('<div class="fl-unit" style="margin-left: 0"></div>').text(node._('quarantine.since', { since, rejections })),
      )
      .append($('<div class="fl-unit" style="margin-left: 0"></div>').text(reason));
  };
  const say = (sentence) => {
    shown = '';
    list.empty().append($('<span class="fl-unit" style="margin-left: 0"></span>').text(sentence));
  };
  const show = ({ problem, quarantined }) => {
    if (ended) return;
    if (problem) return say(problem);
    const next = JSON.stringify(quarantined);
    // Left alone while it is the same: a button must not go away under the pointer.
    if (next === shown) return;
    if (quarantined.length === 0) say(node._('quarantine.nobody'));
    else list.empty().append(quarantined.map(line));
    shown = next;
  };
  const ask = () => {
    $.ajax({ url: `${path}/quarantine`, dataType: 'json' })
      .done(show)
      .fail(() => say(node._('quarantine.unknown')))
      .always(() => {
        if (!ended) timer = setTimeout(ask, EVERY_MS);
      });
  };
  ask();
  return () => {
    ended = true;
    clearTimeout(timer);
  };
};
