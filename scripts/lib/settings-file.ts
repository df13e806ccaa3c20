/** The settings.js of a Node-RED process of ours: nothing fetched, nothing asked, ends when its parent ends. */
import { randomBytes } from 'node:crypto';

export interface SettingsOptions {
  /** 0: the operating system chooses a free one. */
  port: number;
  /** Time (ms) a closing node has. */
  closeTimeoutMs?: number;
  /** Files of nodes that are not loaded, by their names. */
  without?: readonly string[];
}

/**
 * The text of a settings.js. In function nodes `global.get('harness')` is `{ report(value), process }`: `report` sends a
 * plain value to the parent over the IPC channel, `process` is for counting handles and memory.
 */
export function settingsFile(options: SettingsOptions): string {
  const settings = {
    uiHost: '127.0.0.1',
    uiPort: options.port,
    flowFile: 'flows.json',
    flowFilePretty: true,
    credentialSecret: randomBytes(24).toString('hex'),
    lang: 'en-US',
    telemetry: { enabled: false, updateNotification: false },
    diagnostics: { enabled: true, ui: false },
    runtimeState: { enabled: true, ui: false },
    logging: { console: { level: 'info', metrics: false, audit: false } },
    externalModules: {
      autoInstall: false,
      palette: { allowInstall: false, allowUpload: false, allowUpdate: false },
      modules: { allowInstall: false },
    },
    editorTheme: {
      tours: false,
      projects: { enabled: false },
      palette: { catalogues: [] },
      header: { title: 'Federated TinyML' },
    },
    nodeCloseTimeout: options.closeTimeoutMs,
    mqttReconnectTime: 1000,
    nodesExcludes: options.without,
  };
  return `// Written by the launcher.
const settings = ${JSON.stringify(settings, null, 2)};
if (process.send) {
  const parent = process;
  process.once('disconnect', () => process.exit(0));
  settings.functionGlobalContext = {
    harness: { report: (value) => parent.connected && parent.send(value), process },
  };
}
module.exports = settings;
`;
}
