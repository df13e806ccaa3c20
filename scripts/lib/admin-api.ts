/** Node-RED's admin API over loopback. */

/** One entry of a flow file. A node on the canvas has x and y: without them Node-RED takes it for a configuration node. */
export interface FlowNode {
  id: string;
  type: string;
  z?: string;
  x?: number;
  y?: number;
  name?: string;
  wires?: string[][];
  [property: string]: unknown;
}

/** Parsed JSON where the answer is JSON, else its text; rejects with the status and the text of a refusal. */
export async function request(
  url: string,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<unknown> {
  const response = await fetch(url + path, {
    method,
    headers: {
      accept: 'application/json',
      'content-type': 'application/json',
      'Node-RED-API-Version': 'v2',
      ...headers,
    },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return (response.headers.get('content-type') ?? '').includes('json') ? JSON.parse(text) : text;
}
