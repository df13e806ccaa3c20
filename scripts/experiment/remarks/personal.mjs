// Whether a personal model is better than the one of all and than being alone: computed from the figures.
import { keyOf, titleOf } from '../table.mjs';

const points = (cell) => cell.figures.personal && 100 * cell.figures.personal.mean;
const shown = (value) => value.toFixed(1);

export function remarks(results, table) {
  const column = table.columns.length - 1;
  const { name: settings } = table.columns[column];
  return table.data.map((data) => {
    const values = results[keyOf(data)].map((cells) => points(cells[column]));
    const [all, alone, ...personal] = values;
    if (all === undefined || alone === undefined) return `- ${titleOf(data)}: not run.`;
    const bar = Math.max(all, alone);
    const named = personal.map((value, i) => ({ value, name: table.rows[i + 2].name })).filter(({ value }) => value);
    const above = named.filter(({ value }) => value > bar);
    const best = named.toSorted((a, b) => b.value - a.value)[0];
    const below = named.filter(({ value }) => value <= bar).map(({ name, value }) => `${name} (${shown(value)})`);
    return (
      `- **${titleOf(data)}**, ${settings}: ${shown(all)} % with one model for all, ${shown(alone)} % alone, ${shown(best.value)} % with ${best.name}; ` +
      `${above.length} of ${named.length} are above both${below.length > 0 ? `, not ${below.join(', ')}` : ''}.`
    );
  });
}
