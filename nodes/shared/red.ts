/** Node-RED as the nodes see it: @types/node-red with its gaps filled. */
import type { EventEmitter } from 'node:events';
import type { Node, NodeAPI, NodeDef } from 'node-red';
import type { Message } from '../../lib/update/message';

/** The `RED` that Node-RED hands to one file of nodes. Another file gets another object: share through `RED.events`. */
export type Red = NodeAPI;

export interface FlowMessage {
  _msgid?: string;
  topic?: unknown;
  payload?: unknown;
  fl?: unknown;
  [property: string]: unknown;
}

/** One entry for each output: a message, several, or nothing. */
export type Outputs = (FlowMessage | FlowMessage[] | null | undefined)[];
export type Send = (outputs: FlowMessage | Outputs) => void;

/** What Node-RED puts on a node beside its documented methods. */
export interface FlowNode extends Node {
  /** Ids of the nodes behind each output. */
  wires?: string[][];
  /** Config nodes only: the nodes that use it. */
  users?: Record<string, Node>;
  /** In a subflow: the id that the node has in the template. */
  _alias?: string;
}

/** The properties of a node as the editor stored them: nothing about them is certain. */
export type Settings = NodeDef & Record<string, unknown>;

/** One object for each running Node-RED. */
export const runtimeKey = (RED: Red): EventEmitter => RED.events;

/**
 * A message for the flow that shares nothing with the library: the nodes of the user may change what they get, and
 * Node-RED hands the first of them the very object that was sent.
 */
export function detached({ fl, payload }: Message): { fl: Message['fl']; payload: Buffer } {
  return { fl: structuredClone(fl), payload: Buffer.from(payload) };
}
