// What each training brings under PGD of the middle strength, and what 8 bits change: computed from the figures.
import { keyOf, titleOf } from '../table.mjs';

const points = (figure) => 100 * figure.mean;
const signed = (value) => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(1)}`;

function remarksOf(table, results, data) {
  return table.columns.flatMap(({ name: column }, c) => {
    const cells = table.rows.map(({ name }, r) => ({ name, ...results[keyOf(data)][r][c] }));
    const whole = cells.filter(({ figures }) => figures.float32Pgd2 && figures.int8Pgd2);
    if (whole.length < 2) return [];
    const [plain, ...others] = whole;
    const gain = (cell) => points(cell.figures.float32Pgd2) - points(plain.figures.float32Pgd2);
    const cost = (cell) => points(cell.figures.accuracy) - points(plain.figures.accuracy);
    const best = others.toSorted((a, b) => gain(b) - gain(a))[0];
    const apart = whole.map(({ figures }) => points(figures.int8Pgd2) - points(figures.float32Pgd2));
    const [least, most] = [Math.min(...apart), Math.max(...apart)];
    const calm = whole.toSorted((a, b) => a.figures.float32Amplification.mean - b.figures.float32Amplification.mean)[0];
    return [
      `- **${titleOf(data)}, ${column}**: ${best.name} holds most under PGD of strength 0.2: ${points(best.figures.float32Pgd2).toFixed(1)} % of the decisions (${signed(gain(best))} points),` +
        ` at ${signed(cost(best))} points on samples as they are. Its 8 bits have ${points(best.figures.int8Pgd2).toFixed(1)} %; over all rows int8 is ${signed(least)} to ${signed(most)} points from float32.` +
        ` Least amplified: ${calm.name}, ${calm.figures.float32Amplification.mean.toFixed(2)} ×, against ${plain.figures.float32Amplification.mean.toFixed(2)} × without it.`,
    ];
  });
}

/** Lines of markdown. */
export const remarks = (results, table) => table.data.flatMap((data) => remarksOf(table, results, data));
