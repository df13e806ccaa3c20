/** Measures every group of rows in one process, one after the other. --json: an array on stdout, nothing else there. */
import { board } from './board';
import { distillation } from './distillation';
import { eventLoop } from './event-loop';
import { fold } from './fold';
import { maskedRound } from './masked-round';
import type { Row } from './measure';
import { messages } from './messages';
import { quantize } from './quantize';
import { round } from './round';
import { rules } from './rules';
import { secure } from './secure';
import { strategies } from './strategies';
import { timing } from './timing';
import { training } from './training';

/** A group gives its rows; add yours here. */
const groups: Record<string, () => Promise<Row[]>> = {
  training,
  distillation,
  fold,
  rules,
  strategies,
  timing,
  quantize,
  secure,
  maskedRound,
  messages,
  round,
  eventLoop,
  board,
};

function line({ name, value, unit, against, ratio }: Row): string {
  const shown = value >= 100 ? Math.round(value).toString() : value.toPrecision(3);
  const compared = unit === 'share' ? '' : `${ratio.toPrecision(3)} x ${against}`;
  return `${name.padEnd(18)}${shown.padStart(9)} ${unit.padEnd(12)}${compared}`;
}

async function run(): Promise<void> {
  const json = process.argv.includes('--json');
  const only = process.argv.slice(2).filter((word) => !word.startsWith('--'));
  const rows: Row[] = [];
  for (const [name, measure] of Object.entries(groups)) {
    if (only.length > 0 && !only.includes(name)) continue;
    for (const row of await measure()) {
      rows.push(row);
      (json ? process.stderr : process.stdout).write(`${line(row)}\n`);
    }
  }
  if (json) process.stdout.write(`${JSON.stringify(rows)}\n`);
}

run().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
