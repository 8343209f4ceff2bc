import { execFile } from "node:child_process";
import { stat, writeFile } from "node:fs/promises";
import { promisify } from "node:util";
import { SCRATCH_CONSOLE } from "../../contract/scratch.ts";
import { SCRATCH_MAX_CHARACTERS } from "../scratch.ts";

/** Makes an access control list longer, as the only command of a hook. Of Node.js alone: hooks must be quick. */
const setfacl = (...args: string[]) => promisify(execFile)("setfacl", args, { timeout: 5000 });

/**
 * Makes the file that the console is copied to in the job's scratch directory, which is this process's working directory: for
 * the account that runs this, as which HTCondor reads it for the job's owner, and for the agent's, which writes it.
 *
 * @param agentAccount - HTCondor's own account
 * @returns that directory; undefined where the file cannot be made, which is no reason to start no machine
 */
export async function offerConsole(agentAccount: string): Promise<string | undefined> {
  try {
    const folder = process.cwd();
    if (folder.length > SCRATCH_MAX_CHARACTERS) return undefined;
    await writeFile(SCRATCH_CONSOLE, "", { flag: "wx", mode: 0o600 }).catch((error: unknown) => {
      // A hook that was killed and came again has made it already.
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    });
    await setfacl("-m", `u:${agentAccount}:rw`, SCRATCH_CONSOLE);
    const isOpenToAll = ((await stat(".")).mode & 0o001) !== 0;
    if (!isOpenToAll) await setfacl("-m", `u:${agentAccount}:x`, ".");
    return folder;
  } catch {
    return undefined;
  }
}
