import { subscribe } from "node:diagnostics_channel";

const CANCEL = "/pulumirpc.ResourceProvider/Cancel";

/**
 * Aborted once the engine asks to stop (Ctrl-C; also at the normal end, when nobody listens any more). Pulumi's host
 * ignores that call and offers no way to hear it, so this listens to the process's own HTTP/2 server; where a version
 * of Node.js or Pulumi does it otherwise, nothing is ever aborted, and Ctrl-C waits for the running operation.
 */
export function interruptions(channel = "http2.server.stream.start"): AbortSignal {
  const controller = new AbortController();
  subscribe(channel, (message) => {
    if (pathOf(message) === CANCEL) controller.abort();
  });
  return controller.signal;
}

function pathOf(message: unknown): unknown {
  if (typeof message !== "object" || message === null || !("headers" in message)) return undefined;
  const { headers } = message;
  return typeof headers === "object" && headers !== null && ":path" in headers ? headers[":path"] : undefined;
}
