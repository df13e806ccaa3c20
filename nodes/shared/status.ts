/**
 * The line under a node: under 20 characters, at most four changes a second (the last one always shows).
 * Red ring: error. Yellow ring: waiting. Green dot: ready. Blue dot: working.
 */
import type { NodeStatus } from 'node-red';
import type { FlowNode, Red } from './red';

export const STATUS_LENGTH = 19;
const INTERVAL_MS = 250;
const ALERT_MS = 5000;

export type TextArguments = Record<string, string | number>;

export interface Status {
  /** Something must be changed before the node can work. */
  error(key: string, values?: TextArguments): void;
  waiting(key: string, values?: TextArguments): void;
  ready(key: string, values?: TextArguments): void;
  working(key: string, values?: TextArguments): void;
  /** Like error, with a text that is ready to show. */
  broken(text: string): void;
  /** Red for a few seconds, then again what was there: one message was refused, the node goes on. The text is ready to show. */
  alert(text: string): void;
  /** No more updates; leaves no timer. */
  close(): void;
}

export function shorten(text: string): string {
  const shown = text.trim();
  const characters = [...shown];
  return characters.length <= STATUS_LENGTH ? shown : `${characters.slice(0, STATUS_LENGTH - 1).join('')}…`;
}

export function createStatus(RED: Red, node: FlowNode): Status {
  let base: NodeStatus = {};
  let alerted: NodeStatus | undefined;
  let shown = '';
  let lastShown = 0;
  let timer: NodeJS.Timeout | undefined;
  let alertTimer: NodeJS.Timeout | undefined;
  let closed = false;

  const show = (): void => {
    timer = undefined;
    const next = alerted ?? base;
    const key = JSON.stringify(next);
    if (closed || key === shown) return;
    shown = key;
    lastShown = Date.now();
    node.status(next);
  };
  const update = (): void => {
    if (closed || timer) return;
    const wait = lastShown + INTERVAL_MS - Date.now();
    if (wait <= 0) {
      show();
      return;
    }
    timer = setTimeout(show, Math.min(wait, INTERVAL_MS));
    timer.unref();
  };
  const state =
    (fill: NodeStatus['fill'], shape: NodeStatus['shape']) =>
    (key: string, values?: TextArguments): void => {
      base = { fill, shape, text: shorten(RED._(key, values)) };
      update();
    };
  return {
    error: state('red', 'ring'),
    waiting: state('yellow', 'ring'),
    ready: state('green', 'dot'),
    working: state('blue', 'dot'),
    broken(text) {
      base = { fill: 'red', shape: 'ring', text: shorten(text) };
      update();
    },
    alert(text) {
      if (closed) return;
      alerted = { fill: 'red', shape: 'ring', text: shorten(text) };
      clearTimeout(alertTimer);
      alertTimer = setTimeout(() => {
        alerted = undefined;
        update();
      }, ALERT_MS);
      alertTimer.unref();
      update();
    },
    close() {
      closed = true;
      clearTimeout(timer);
      clearTimeout(alertTimer);
    },
  };
}
