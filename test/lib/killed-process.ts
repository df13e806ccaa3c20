/** A script in a process of its own that may be killed at any instant: what it had said by then, line by line. */
import { spawn } from 'node:child_process';

export interface Kill {
  /** So many lines that begin with `word` have been said, */
  rounds: number;
  /** Default: round. */
  word?: string;
  /** and then so long. */
  ms: number;
}

/** What follows `word` in each line that begins with it. */
export type Said = (word: string) => string[];

/** Rejects when the script fails by itself. */
export function lifeOf(script: string, parameters: string[], kill?: Kill): Promise<Said> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, ...parameters]);
    let said = '\n';
    let errors = '';
    let timer: NodeJS.Timeout | undefined;
    child.stderr.on('data', (chunk) => {
      errors += chunk;
    });
    child.stdout.on('data', (chunk) => {
      said += chunk;
      if (!kill || said.split(`\n${kill.word ?? 'round'} `).length <= kill.rounds) return;
      timer ??= setTimeout(() => child.kill('SIGKILL'), kill.ms);
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (code !== 0 && signal !== 'SIGKILL') {
        reject(new Error(`The script ended by itself: ${errors}`));
        return;
      }
      // The last line may be cut.
      const lines = said.slice(0, said.lastIndexOf('\n') + 1).split('\n');
      resolve((word) => lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1)));
    });
  });
}
