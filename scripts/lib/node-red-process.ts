/** A real Node-RED process with its own user directory and a free loopback port; it ends when its parent ends. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type FlowNode, request } from './admin-api';
import { settingsFile } from './settings-file';

export type NodeRedVersion = 4 | 5;

export const repositoryRoot = join(__dirname, '..', '..', '..');
/** For a line of the log. A start takes two seconds of a processor, and on a busy machine twenty times as long. */
const PATIENCE_MS = 180_000;
const packageName = '@fl-tinyml/node-red-federated';

export interface LaunchOptions {
  version: NodeRedVersion;
  /** Made by the launcher, and taken away at the end, when absent. */
  userDir?: string;
  port?: number;
  /** What flows.json holds before the process starts. */
  flows?: FlowNode[];
  /** Called with each value that a function node gives to `global.get('harness').report(value)`. */
  onReport?: (value: unknown) => void;
  onLog?: (line: string) => void;
  /** Whether the repository's palette is linked into the user directory; default true. */
  palette?: boolean;
  /** Node-RED's own nodes for networks, files and formats are not loaded: a third of the time of a start. */
  plain?: boolean;
  startTimeoutMs?: number;
}

export interface NodeRedProcess {
  readonly version: NodeRedVersion;
  readonly url: string;
  readonly pid: number;
  readonly userDir: string;
  /** Every line it has written so far. */
  log(): string[];
  /** The first line, past or to come, that matches. */
  waitForLog(pattern: RegExp, timeoutMs?: number): Promise<string>;
  deploy(flows: FlowNode[], type?: 'full' | 'flows' | 'nodes' | 'reload'): Promise<void>;
  request(method: string, path: string, body?: unknown): Promise<unknown>;
  /** Resolves with the exit code, or null after a signal. */
  readonly exited: Promise<number | null>;
  /** SIGTERM; SIGKILL when it has not ended after 20 s. Takes its own user directory away. */
  stop(): Promise<void>;
  /** kill -9; keeps the user directory. */
  kill(): Promise<void>;
}

/** What no drawing of ours has. */
const strangers = [
  ...['05-tls.js', '06-httpproxy.js', '10-mqtt.js', '21-httpin.js', '21-httprequest.js', '22-websocket.js'],
  ...['31-tcpin.js', '32-udp.js', '10-file.js', '23-watch.js', '90-exec.js'],
  ...['70-CSV.js', '70-HTML.js', '70-JSON.js', '70-XML.js', '70-YAML.js'],
];

/** Node 5 needs Node 22.9: the running one when it is new enough, else the one of the development dependencies. */
export function nodeFor(version: NodeRedVersion): string {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (version === 4 || major > 22 || (major === 22 && minor >= 9)) return process.execPath;
  return join(repositoryRoot, 'node_modules/node/bin/node');
}

/** Whether the running Node can run this version by itself. */
export function runsHere(version: NodeRedVersion): boolean {
  return nodeFor(version) === process.execPath;
}

export function makeUserDir(): string {
  return mkdtempSync(join(tmpdir(), 'fl-tinyml-'));
}

function prepareUserDir(userDir: string, options: LaunchOptions): void {
  mkdirSync(userDir, { recursive: true });
  const settings = join(userDir, 'settings.js');
  if (!existsSync(settings))
    writeFileSync(settings, settingsFile({ port: options.port ?? 0, without: options.plain ? strangers : [] }));
  if (options.flows) writeFileSync(join(userDir, 'flows.json'), JSON.stringify(options.flows, null, 2));
  if (options.palette === false) return;
  const link = join(userDir, 'node_modules', packageName);
  if (existsSync(link)) return;
  rmSync(link, { force: true });
  mkdirSync(dirname(link), { recursive: true });
  symlinkSync(repositoryRoot, link, 'dir');
}

const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

export async function launchNodeRed(options: LaunchOptions): Promise<NodeRedProcess> {
  const ownUserDir = options.userDir === undefined;
  const userDir = options.userDir ?? makeUserDir();
  prepareUserDir(userDir, options);
  const redJs = join(repositoryRoot, 'node_modules', options.version === 5 ? 'node-red-5' : 'node-red', 'red.js');
  const child = spawn(nodeFor(options.version), [redJs, '--userDir', userDir], {
    cwd: userDir,
    env: { ...process.env, NODE_ENV: 'production', NODE_OPTIONS: '' },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  running.add(child);
  const exited = new Promise<number | null>((resolve) => {
    child.once('exit', (code) => {
      running.delete(child);
      resolve(code);
    });
  });
  child.once('error', () => {}); // 'exit' or the start's time limit tells of it
  if (options.onReport) child.on('message', options.onReport);
  const log = followLog(child, exited, options.onLog);
  const removeUserDir = () => {
    if (ownUserDir) rmSync(userDir, { recursive: true, force: true, maxRetries: 3 });
  };

  let url: string;
  try {
    const timeoutMs = options.startTimeoutMs ?? PATIENCE_MS;
    const line = await log.waitFor(/Server now running at (http:\/\/\S+)/, timeoutMs);
    url = line.replace(/^.*Server now running at /, '').replace(/\/$/, '');
    await log.waitFor(/Started flows|Waiting for missing types/, timeoutMs);
  } catch (error) {
    child.kill('SIGKILL');
    await exited;
    removeUserDir();
    throw error;
  }

  return {
    version: options.version,
    url,
    pid: child.pid ?? 0,
    userDir,
    log: log.lines,
    waitForLog: log.waitFor,
    exited,
    request: (method, path, body) => request(url, method, path, body),
    deploy: async (flows, type = 'full') => {
      await request(url, 'POST', '/flows', { flows }, { 'Node-RED-Deployment-Type': type });
    },
    stop: async () => {
      child.kill('SIGTERM');
      const late = setTimeout(() => child.kill('SIGKILL'), 20_000);
      await exited;
      clearTimeout(late);
      removeUserDir();
    },
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

/** Keeps every line of both streams, and lets callers wait for one. */
function followLog(child: ChildProcess, exited: Promise<unknown>, onLog?: (line: string) => void) {
  const lines: string[] = [];
  const waiting = new Set<(line: string) => void>();
  for (const stream of [child.stdout, child.stderr]) {
    let rest = '';
    stream?.setEncoding('utf8').on('data', (text: string) => {
      const parts = (rest + text).split('\n');
      rest = parts.pop() ?? '';
      for (const line of parts) {
        lines.push(line);
        onLog?.(line);
        for (const look of waiting) look(line);
      }
    });
  }
  const waitFor = (pattern: RegExp, timeoutMs = PATIENCE_MS): Promise<string> =>
    new Promise((resolve, reject) => {
      const past = lines.find((line) => pattern.test(line));
      if (past !== undefined) return resolve(past);
      const end = () => {
        waiting.delete(look);
        clearTimeout(timer);
      };
      const fail = (why: string) => {
        end();
        reject(new Error(`${why} before ${pattern} was seen:\n${lines.slice(-30).join('\n')}`));
      };
      const look = (line: string) => {
        if (!pattern.test(line)) return;
        end();
        resolve(line);
      };
      const timer = setTimeout(() => fail(`${timeoutMs} ms passed`), timeoutMs);
      waiting.add(look);
      exited.then(() => fail('Node-RED ended'));
    });
  return { lines: () => lines, waitFor };
}
