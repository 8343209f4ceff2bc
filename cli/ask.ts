import { CloudError } from "../provider/errors.ts";
import { Operation } from "../provider/operation.ts";
import { PATIENCE_SECONDS, patiently } from "../provider/patience.ts";
import { EXIT } from "./exit.ts";

/** Asks the pool; one that is silent is asked again for a while, and the person is told. */
export async function ask<T>(about: string, step: () => Promise<T>): Promise<T> {
  return await patiently(new Operation({ timeoutSeconds: PATIENCE_SECONDS, progress: tellOnce() }), about, step);
}

/** Tells what is going on whenever that changes: a wait says the same every second. */
export function tellOnce(prefix = ""): (message: string) => void {
  let last = "";
  return (message) => {
    if (message !== last && message !== "") tell(`${prefix}${message}`);
    last = message;
  };
}

/** Tells a person what is going on, where it does not run into what a program reads. */
export function tell(message: string): void {
  if (message !== "") process.stderr.write(`${message}\n`);
}

/**
 * Does the same to each of many things, whichever of them fails: one's failure is none of the others'. Failures are
 * said on standard error, and make the command exit 1.
 *
 * @returns what came of those that went well
 */
export async function forEach<T, R>(things: readonly T[], act: (thing: T) => Promise<R>): Promise<R[]> {
  const results = await Promise.allSettled([...new Set(things)].map(act));
  for (const result of results) if (result.status === "rejected") sayFailure(result.reason);
  return results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
}

/** What we throw is written for people; a defect, and what ends the whole command, go on to where it ends. */
function sayFailure(failure: unknown): void {
  if (!(failure instanceof CloudError) || failure.code === "interrupted") throw failure;
  tell(failure.message);
  process.exitCode = EXIT.failed;
}
