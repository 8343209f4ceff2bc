import { jobIdOf } from "../../contract/global-job-id.ts";
import type { Context } from "../context.ts";
import { JobNotFoundError, PoolUnreachableError } from "../htcondor/errors.ts";
import type { Operation } from "../operation.ts";
import { nextTick, patiently, somethingNew } from "../patience.ts";
import { growthOf, settled } from "./console-growth.ts";
import { lookFor } from "./look.ts";
import { hasEnded } from "./state.ts";

/** The most that a node keeps of a console, by default and some more: what is asked for at first. */
const WHOLE_BYTES = 16 * 1024 * 1024;

/** What is asked for each time while it is followed: more than a serial line says in a second. */
const WINDOW_BYTES = 64 * 1024;

/** A starter is deaf for the first 36 s of its machine; HTCondor's commands wait for it. */
const ANSWER_SECONDS = 60;

/** An answer that takes longer than this is explained. */
const SLOW_MILLISECONDS = 2000;

/** Takes what a machine says, raw: see `harmless`. */
export type Hear = (text: string) => void;

/**
 * Reads a machine's serial console, as much as its node keeps of it.
 *
 * @param operation - its `progress` hears what is waited for
 * @throws what {@link Pool.console} throws
 */
export async function wholeConsole(id: string, context: Context, operation: Operation): Promise<string> {
  return settled(await read(id, WHOLE_BYTES, context, operation));
}

/**
 * Follows a machine's serial console until the machine has ended, also over a restart elsewhere.
 *
 * @param before - what was read and heard of it already
 * @param operation - its `progress` hears what is waited for, its `warn` what was missed
 * @throws InterruptedError, TimedOutError, and what {@link Pool.console} throws but that there is no console at the moment
 */
export async function followConsole(
  id: string,
  before: string,
  hear: Hear,
  context: Context,
  operation: Operation,
): Promise<void> {
  const about = `the console of job ${jobIdOf(id)}`;
  let reading = before.slice(-WINDOW_BYTES);
  for (;;) {
    const raw = await read(id, WINDOW_BYTES, context, operation).catch((error: unknown) => {
      if (error instanceof PoolUnreachableError || error instanceof JobNotFoundError) return undefined;
      throw error;
    });
    if (raw !== undefined) {
      const growth = growthOf(reading, raw);
      if (!growth.joins) operation.warn("What follows does not join what came before: the machine began anew.");
      if (growth.text !== "") {
        somethingNew();
        hear(growth.text);
      }
      reading = growth.reading;
      operation.progress("");
    } else {
      const found = await patiently(operation, about, () => lookFor(id, context));
      if (found === undefined || hasEnded(found.seen)) return;
      operation.progress(`the machine is ${found.seen.state}: waiting for its console`);
    }
    await nextTick(operation, `following ${about}`);
  }
}

async function read(id: string, maxBytes: number, context: Context, operation: Operation): Promise<string> {
  const slow = setTimeout(() => {
    operation.progress("waiting for the execute node: it does not answer in the first 36 s of a machine");
  }, SLOW_MILLISECONDS);
  try {
    return await context.pool.console(id, { maxBytes, deadlineSeconds: ANSWER_SECONDS, signal: operation.signal });
  } finally {
    clearTimeout(slow);
  }
}
