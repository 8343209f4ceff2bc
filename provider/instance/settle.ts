import type { Context } from "../context.ts";
import { CloudError } from "../errors.ts";
import { JobNotFoundError } from "../htcondor/errors.ts";
import { Operation } from "../operation.ts";
import { EndedError, InitializationError, OrphanedError } from "./errors.ts";
import type { Found } from "./look.ts";
import { outputsOf, type Recorded } from "./outputs.ts";
import { waitUntilReady } from "./wait.ts";

type Properties = Record<string, unknown>;

/** How long a create that failed tries to hand its machine over: a schedd that restarts is back in 11 s. */
const LAST_ACT_SECONDS = 30;

/**
 * Waits for a machine and hands it over, also when the wait fails, so that the state owns what exists.
 *
 * @param first - the machine as it is before anybody waited
 * @param handOver - acknowledges the machine within the operation that it is given, where the state does not own it
 *   yet; answers when its lease ends
 */
export async function settle(
  first: Found,
  inputs: Recorded,
  context: Context,
  operation: Operation,
  handOver: (found: Found, operation: Operation) => Promise<number | undefined>,
): Promise<Properties> {
  const id = first.job.globalJobId;
  let found = first;
  try {
    const onSeen = (latest: Found) => {
      found = latest;
    };
    const { ready } = await waitUntilReady(id, inputs, context, operation, onSeen, first);
    const leaseUntil = await handOver(found, operation);
    return outputsOf(id, inputs, { ...found.seen, leaseUntil }, ready);
  } catch (error) {
    // What is gone needs no owner, and an orphan must not give it one.
    const unowned = error instanceof EndedError || error instanceof JobNotFoundError || error instanceof OrphanedError;
    if (unowned || !(error instanceof CloudError)) throw error;
    // The operation may be over (its deadline, Ctrl-C), so the last act has a time of its own.
    const { stillWanted } = operation;
    const last = new Operation({ timeoutSeconds: LAST_ACT_SECONDS, stillWanted });
    const leaseUntil = await handOver(found, last).catch(ignoreCloudError);
    throw new InitializationError(id, outputsOf(id, inputs, { ...found.seen, leaseUntil }, false), error);
  } finally {
    operation.progress("");
  }
}

/** The error that is being reported already says what to do, and an unacknowledged job has its deadline. */
function ignoreCloudError(error: unknown): undefined {
  if (!(error instanceof CloudError)) throw error;
  return undefined;
}
