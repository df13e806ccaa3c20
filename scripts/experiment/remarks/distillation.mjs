// What unlike networks gain together, beside what there is otherwise: computed from the figures.
import { keyOf, titleOf } from '../table.mjs';

const points = (cell) => cell.figures.members && 100 * cell.figures.members.mean;
const shown = (value) => value?.toFixed(1) ?? '–';
const kilobytes = (cell) => `${Math.round((cell.figures.bytesUp?.mean ?? 0) / 1000)} kB`;

export function remarks(results, table) {
  const column = table.columns.length - 1;
  const { name: settings } = table.columns[column];
  const rowOf = (way) => table.rows.findIndex((row) => row.settings.distill.way === way);
  return table.data.map((data) => {
    const cells = results[keyOf(data)].map((row) => row[column]);
    const federated = table.rows
      .map(({ name, settings: { distill } }, i) => ({ name, ...distill, value: points(cells[i]) }))
      .filter(({ way, pretrainEpochs, value }) => way === 'fedmd' && !pretrainEpochs && value !== undefined)
      .toSorted((a, b) => b.value - a.value);
    const [best] = federated;
    if (!best) return `- ${titleOf(data)}: not run.`;
    const [alone, pooled, student, common] = ['alone', 'pooled', 'feddf', 'common'].map((way) => cells[rowOf(way)]);
    const labelled = (way) =>
      shown(
        points(
          cells[table.rows.findIndex(({ settings: { distill } }) => distill.way === way && distill.pretrainEpochs)],
        ),
      );
    return (
      `- **${titleOf(data)}**, ${settings}: the networks reach ${shown(points(alone))} % each alone, ${shown(best.value)} % with ${best.name} ` +
      `(${shown(points(pooled))} % with the rows of all), a student of their predictions ${shown(points(student))} %; ` +
      `${kilobytes(student)} of predictions went up. One small network for all, where there can be one: ${shown(points(common))} % with ${kilobytes(common)}. ` +
      `Where the public rows have labels, networks that begin with them come to ${labelled('alone')} % alone and ${labelled('fedmd')} % with FedMD.`
    );
  });
}
