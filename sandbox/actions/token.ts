import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runIn } from "../machine.ts";
import type { Sandbox } from "../sandbox.ts";
import type { ActionContext } from "./action.ts";
import { waitFor } from "./wait.ts";

/** The collector makes the pool's signing key as it starts. */
const KEY_TIMEOUT_SECONDS = 30;

/** The daemons' identity, made once by the manager, that execute nodes authenticate with. */
export async function makeToken(context: ActionContext): Promise<void> {
  const { sandbox, signal } = context;
  if ((await readToken(sandbox)) !== undefined) return;
  const create = ["condor_token_create", "-identity", `condor@${sandbox.domain}`];
  const token = await waitFor(context, KEY_TIMEOUT_SECONDS, async () => {
    try {
      return { value: await runIn(sandbox.manager, create, signal) };
    } catch (error) {
      const what = `the pool's signing key (${error instanceof Error ? error.message : error})`;
      return { missing: [{ what, machine: sandbox.manager }] };
    }
  });
  await writeFile(`${tokenFile(sandbox)}.new`, `${token}\n`, { mode: 0o600 });
  await rename(`${tokenFile(sandbox)}.new`, tokenFile(sandbox));
}

/** The token; undefined before it is made. */
export async function readToken(sandbox: Sandbox): Promise<string | undefined> {
  return readFile(tokenFile(sandbox), "utf8").catch(() => undefined);
}

function tokenFile(sandbox: Sandbox): string {
  return join(sandbox.folder, "token");
}
