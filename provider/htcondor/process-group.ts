/** Whoever does not end when asked to is ended so much later. */
const GRACE_MILLISECONDS = 2000;

/** The end of a command whose time may run out. */
export interface Deadline {
  /** Whether the time ran out, or nobody wants the answer any more, and the command was ended. */
  readonly passed: boolean;
  /** To be called when the command has ended. */
  cancel(): void;
}

/**
 * Ends a process when its time is up, with all that it started: what a wrapper script calls would otherwise live on and
 * hold its output open. First it is asked to (SIGTERM), then it is made to (SIGKILL).
 *
 * @param leader - a process that leads a group of its own; undefined where it could not be started
 * @param signal - ends it earlier
 */
export function endGroupAfter(leader: number | undefined, seconds: number, signal?: AbortSignal): Deadline {
  let passed = false;
  const end = () => {
    if (passed) return;
    passed = true;
    clearTimeout(timer);
    signalGroup(leader, "SIGTERM");
    timer = setTimeout(() => signalGroup(leader, "SIGKILL"), GRACE_MILLISECONDS);
  };
  let timer = setTimeout(end, seconds * 1000);
  signal?.addEventListener("abort", end);
  if (signal?.aborted === true) end();
  return {
    get passed() {
      return passed;
    },
    cancel() {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      // Its leader ended when it was asked to; not all of its group may have.
      if (passed) signalGroup(leader, "SIGKILL");
    },
  };
}

/** Sends a signal to each process of a group; where none is left, nothing is to be done. */
function signalGroup(leader: number | undefined, signal: NodeJS.Signals): void {
  if (leader === undefined) return;
  try {
    process.kill(-leader, signal);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}
