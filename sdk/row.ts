import type { Engine } from "./engine.ts";

/**
 * A row changes at most this often, and not at all in an operation that is over sooner: each message is a call to the
 * engine, and a line of its own in the log of a pipeline.
 */
const PACE_MILLISECONDS = 1_000;

/** A resource's row on the terminal, as one operation writes on it. */
export interface Row {
  /** Replaces what stands on the row. */
  show(message: string): void;
  /** Clears the row, at the operation's end. */
  clear(): void;
}

/** The row of a resource; a row of nobody when its URN is not known. */
export function openRow(engine: Engine, urn: unknown): Row {
  if (typeof urn !== "string") return { show: () => {}, clear: () => {} };
  let shown = "";
  let shownAt = Date.now();
  let pending: NodeJS.Timeout | undefined;

  function send(message: string): void {
    clearTimeout(pending);
    pending = undefined;
    if (message === shown) return;
    shown = message;
    shownAt = Date.now();
    engine.show(String(urn), message);
  }
  return {
    show(message) {
      const wait = shownAt + PACE_MILLISECONDS - Date.now();
      if (wait <= 0) return send(message);
      // The last message of a burst must appear, for it may stand for minutes.
      clearTimeout(pending);
      pending = setTimeout(send, wait, message).unref();
    },
    clear: () => send(""),
  };
}
