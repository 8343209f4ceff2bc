import { Operation, type Progress } from "../operation.ts";

/**
 * Lets the many members of a fleet that do the same step at once ask once whether somebody still hears them: who asks
 * while an answer is on its way, or before the event loop's next turn, gets that one.
 */
export function askedOnce(stillWanted: () => Promise<boolean>): () => Promise<boolean> {
  let answer: Promise<boolean> | undefined;
  return () => {
    answer ??= stillWanted().finally(() => {
      setImmediate(() => {
        answer = undefined;
      });
    });
    return answer;
  };
}

/** Says each warning once, however many members have it. */
export function saidOnce(warn: (message: string) => void): (message: string) => void {
  const said = new Set<string>();
  return (message) => {
    if (said.has(message)) return;
    said.add(message);
    warn(message);
  };
}

/**
 * A part of an operation, such as one member's: it ends with the whole, and after its own time at the latest.
 *
 * @param part.signal - ends this part alone; absent: only what ends the whole does
 * @param part.progress - where it says how far it is
 */
export function partOf(
  whole: Operation,
  timeoutSeconds: number,
  part: { readonly signal?: AbortSignal; readonly progress?: Progress } = {},
): Operation {
  const left = Math.ceil((whole.deadline - Date.now()) / 1000);
  return new Operation({
    timeoutSeconds: Math.max(0, Math.min(timeoutSeconds, left)),
    signal: part.signal ?? whole.signal,
    progress: part.progress ?? whole.progress,
    warn: whole.warn,
    note: whole.note,
    stillWanted: whole.stillWanted,
  });
}
