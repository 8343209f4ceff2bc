import { GUARD_COMMAND, GUARD_LINE, GUARD_SETTING } from "../../contract/interfaces.ts";
import type { Context } from "../context.ts";
import { CloudError } from "../errors.ts";
import type { Pool } from "../htcondor/pool.ts";
import { UnguardedError } from "./errors.ts";

/** What the manager said, or why it did not. */
type Answer = { readonly value: string | undefined } | { readonly failure: CloudError };

const answers = new WeakMap<Pool, Promise<Answer>>();

/**
 * Makes sure that HTCondor keeps two machines from running with one MAC address: the pool's manager is asked once in a
 * process.
 *
 * @param warn - told where the manager may not be asked, or does not answer
 * @throws UnguardedError where the manager does not keep them apart
 */
export async function checkGuard(context: Context, warn: (message: string) => void): Promise<void> {
  const { pool } = context;
  const isFirst = !answers.has(pool);
  const asked = answers.get(pool) ?? ask(pool);
  answers.set(pool, asked);
  const answer = await asked;
  if ("failure" in answer) {
    if (isFirst) warn(`${notKnown}\n  ${answer.failure.message}`);
  } else if (answer.value !== "1") {
    throw unguarded(answer.value);
  }
}

const notKnown = `Whether the pool's manager keeps two machines from one MAC address (${GUARD_LINE}) is not known: it could not be asked.`;

async function ask(pool: Pool): Promise<Answer> {
  try {
    return { value: await pool.managerSetting(GUARD_SETTING) };
  } catch (error) {
    if (error instanceof CloudError) return { failure: error };
    throw error;
  }
}

function unguarded(value: string | undefined): UnguardedError {
  return new UnguardedError({
    what: "The pool's central manager does not keep two machines from running with one MAC address.",
    why: `Its setting ${GUARD_SETTING} is ${value === undefined ? "not there" : JSON.stringify(value)}; it must be 1.`,
    remedy: `Let the pool's administrator run \`${GUARD_COMMAND}\` there, or add the line \`${GUARD_LINE}\` to the manager's configuration and run \`condor_reconfig\`. Machines without \`macAddress\` and \`address\` need neither.`,
  });
}
