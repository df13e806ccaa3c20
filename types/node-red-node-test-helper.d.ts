/** The part of node-red-node-test-helper 0.3 that the tests use; it ships no types. */
declare module 'node-red-node-test-helper' {
  import type { EventEmitter } from 'node:events';
  import type { Node, NodeAPI } from 'node-red';

  interface FlowItem {
    id: string;
    type: string;
    [property: string]: unknown;
  }
  /** A request to the admin routes (supertest). */
  interface Asking extends PromiseLike<{ status: number; body: Record<string, string> }> {
    send(body: object): Asking;
    query(values: object): Asking;
    expect(status: number): Asking;
  }
  interface Helper extends EventEmitter {
    init(runtimePath: string, settings?: Record<string, unknown>): void;
    settings(settings: Record<string, unknown>): Record<string, unknown>;
    load(
      initializers: ((RED: NodeAPI) => unknown)[],
      flow: FlowItem[],
      credentials?: Record<string, unknown>,
    ): Promise<void>;
    setFlows(flow: FlowItem[], type?: 'full' | 'flows' | 'nodes'): Promise<void>;
    unload(): Promise<unknown>;
    getNode(id: string): Node;
    startServer(callback: (error?: Error) => void): void;
    stopServer(callback: (error?: Error) => void): void;
    url(): string;
    request(): { get(path: string): Asking; post(path: string): Asking };
  }
  const helper: Helper;
  export default helper;
  export type { FlowItem };
}
