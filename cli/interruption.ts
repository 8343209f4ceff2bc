import { EXIT } from "./exit.ts";

/**
 * Does work that a Ctrl-C asks to stop and to tidy up after itself; a second one ends the process at once.
 *
 * @param work - is handed the signal that the first Ctrl-C (or SIGTERM) raises
 */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const interrupt = () => {
    if (controller.signal.aborted) process.exit(EXIT.interrupted);
    controller.abort();
  };
  // Not `once`: execa's own handler ends the process at once where it finds no other that stays.
  process.on("SIGINT", interrupt).on("SIGTERM", interrupt);
  try {
    return await work(controller.signal);
  } finally {
    process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
  }
}
