/** `npm run demo`: the factory federation in a real Node-RED process, told on the terminal or as JSON lines. */
import { parseArgs } from 'node:util';
import type { FlowNode } from '../lib/admin-api';
import { launchNodeRed, runsHere } from '../lib/node-red-process';
import { type Figures, trainAlone } from './alone';
import { type FactoryChanges, factoryFlow, factoryNodes, factorySettings, type Report } from './factory';

export interface RoundLine extends Figures {
  round: number;
  loss: number;
  bytes: number;
}
export interface FinalLine {
  final: Figures & { accuracy: number };
  alone: Figures;
  bytes: { up: number; down: number };
}

/** A federation that does not get on is told of after so long, in ms. */
const stuckMs = 120_000;

const number = (record: Record<string, unknown>, key: string): number => {
  const value = record[key];
  if (typeof value !== 'number') throw new Error(`The message has no number "${key}": ${JSON.stringify(record)}`);
  return value;
};

/** Runs the flow until its last round has been measured. */
async function federate(flow: FlowNode[], onRound: (line: RoundLine) => void): Promise<Omit<FinalLine, 'alone'>> {
  const rounds = Number(factoryNodes(flow).aggregator.rounds);
  const metrics = new Map<number, Record<string, unknown>>();
  let nodeRed: Awaited<ReturnType<typeof launchNodeRed>> | undefined;
  try {
    return await new Promise((resolve, reject) => {
      let stuck: NodeJS.Timeout | undefined;
      const alive = () => {
        clearTimeout(stuck);
        stuck = setTimeout(() => {
          reject(new Error(`No round for ${stuckMs / 1000} s.\n${nodeRed?.log().slice(-20).join('\n') ?? ''}`));
        }, stuckMs);
      };
      const take = ({ topic, payload }: Report) => {
        alive();
        const round = number(payload, 'round');
        if (topic === 'fl/metrics') {
          if (payload.void !== undefined) throw new Error(`Round ${round} was void: ${payload.void}`);
          metrics.set(round, payload);
          return;
        }
        const told = metrics.get(round);
        if (topic !== 'fl/evaluation' || round < 1 || !told) return;
        const f1 = number(payload, 'f1');
        const averagePrecision = number(payload, 'averagePrecision');
        const bytes = number(told, 'bytesUp') + number(told, 'bytesDown');
        onRound({ round, loss: number(told, 'loss'), f1, averagePrecision, bytes });
        if (round < rounds) return;
        clearTimeout(stuck);
        resolve({
          final: { f1, averagePrecision, accuracy: number(payload, 'accuracy') },
          bytes: { up: number(told, 'bytesUpTotal'), down: number(told, 'bytesDownTotal') },
        });
      };
      alive();
      launchNodeRed({
        version: runsHere(5) ? 5 : 4,
        flows: flow,
        onReport: (value) => {
          try {
            take(value as Report);
          } catch (error) {
            reject(error);
          }
        },
      }).then((launched) => {
        nodeRed = launched;
        launched.exited.then(() => reject(new Error(`Node-RED ended.\n${launched.log().slice(-20).join('\n')}`)));
      }, reject);
    });
  } finally {
    await nodeRed?.stop();
  }
}

function readChanges(args: string[]): FactoryChanges & { json: boolean } {
  const { values } = parseArgs({
    args,
    options: { json: { type: 'boolean', default: false }, seed: { type: 'string' }, rounds: { type: 'string' } },
  });
  const whole = (name: string, text: string | undefined, least: number): number | undefined => {
    if (text === undefined) return undefined;
    const value = Number(text);
    if (!Number.isInteger(value) || value < least || value > 0xffffffff) {
      throw new Error(`--${name} takes a whole number from ${least} up, not "${text}".`);
    }
    return value;
  };
  return { json: values.json, seed: whole('seed', values.seed, 0), rounds: whole('rounds', values.rounds, 1) };
}

const percent = (value: number): string => value.toFixed(3);

export async function demo(args: string[]): Promise<void> {
  const { json, ...changes } = readChanges(args);
  const say = (line: string): void => {
    if (!json) console.log(line);
  };
  say('Ten plants, each with five engines of its own, learn together to foresee failures within 30 cycles.');
  say('Measured on 100 other engines. Starting Node-RED …\n');
  say('round    loss      F1   average precision');
  const result = await federate(factoryFlow(changes), (line) => {
    if (json) console.log(JSON.stringify(line));
    else {
      const { round, loss, f1, averagePrecision } = line;
      const bar = '#'.repeat(Math.round(averagePrecision * 40));
      say(`${String(round).padStart(5)}  ${loss.toFixed(4)}   ${percent(f1)}   ${percent(averagePrecision)}  ${bar}`);
    }
  });
  const alone = await trainAlone(factorySettings(changes));
  const last: FinalLine = { final: result.final, alone, bytes: result.bytes };
  if (json) console.log(JSON.stringify(last));
  const { final, bytes } = last;
  say(`\n together: F1 ${percent(final.f1)}, average precision ${percent(final.averagePrecision)}`);
  say(`    alone: F1 ${percent(alone.f1)}, average precision ${percent(alone.averagePrecision)} (mean of the plants)`);
  say(
    `travelled: ${(bytes.up / 1000).toFixed(1)} kB of updates up, ${(bytes.down / 1000).toFixed(1)} kB of models down, no row`,
  );
}
