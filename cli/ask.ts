import { CloudError } from "../provider/errors.ts";
import { Operation } from "../provider/operation.ts";
import { PATIENCE_SECONDS, patiently } from "../provider/patience.ts";

/** Asks the pool; one that is silent is asked again for a while, and the person is told. */
export async function ask<T>(about: string, step: () => Promise<T>): Promise<T> {
  const progress = (message: string) => {
    process.stderr.write(`${message}\n`);
  };
  return await patiently(new Operation({ timeoutSeconds: PATIENCE_SECONDS, progress }), about, step);
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

/** What we throw is written for people; a defect goes on to where its stack is shown. */
function sayFailure(failure: unknown): void {
  if (!(failure instanceof CloudError)) throw failure;
  process.stderr.write(`${failure.message}\n`);
  process.exitCode = 1;
}
