/** A bar of its classes for each client, and its distance from all together. */
const drawUnlikeness = (node, answer, place) => {
  if (answer.problem) {
    place.text(answer.problem).css('color', 'var(--red-ui-text-color-error)');
    return;
  }
  place.css('color', '');
  const hue = (index) => `hsl(${Math.round((360 * index) / answer.labels.length)}, 55%, 55%)`;
  const bar = (counts) => {
    const most = Math.max(
      1,
      counts.reduce((sum, count) => sum + count, 0),
    );
    const drawn = $('<div class="fl-dataset-bar">');
    counts.forEach((count, index) => {
      if (count > 0)
        $('<span>')
          .css({ width: `${(100 * count) / most}%`, background: hue(index) })
          .attr('title', `${answer.labels[index]}: ${count}`)
          .appendTo(drawn);
    });
    return drawn;
  };
  const table = $('<table>').appendTo(place);
  const line = (name, samples, counts, distance) =>
    $('<tr>')
      .append(
        $('<td>').text(name),
        $('<td>').text(samples),
        $('<td>').append(bar(counts)),
        $('<td>').text(distance === undefined ? '' : distance.toFixed(2)),
      )
      .appendTo(table);
  $('<tr>')
    .append(['client', 'samples', 'classes', 'distance'].map((key) => $('<th>').text(node._(`unlikeness.${key}`))))
    .appendTo(table);
  for (const { client, samples, counts, distances } of answer.clients.slice(0, 100))
    line(client, samples, counts, distances?.totalVariation);
  line(node._('unlikeness.all'), answer.samples, answer.pooled, answer.mean.totalVariation);
  const { totalVariation, jensenShannon, hellinger } = answer.mean;
  $('<div>')
    .text(
      node._('unlikeness.mean', {
        totalVariation: totalVariation.toFixed(3),
        jensenShannon: jensenShannon.toFixed(3),
        hellinger: hellinger.toFixed(3),
      }),
    )
    .appendTo(place);
  $('<div>')
    .text(
      node._('unlikeness.effective', { effective: answer.effectiveClients.toFixed(1), clients: answer.clients.length }),
    )
    .appendTo(place);
};
