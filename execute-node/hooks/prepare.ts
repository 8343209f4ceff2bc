import { classAdAssignment } from "../../contract/classad.ts";
import { SCRATCH_CONSOLE } from "../../contract/scratch.ts";
import { OversizedJobError, relevantLines } from "../relevant-lines.ts";
import { AgentSilentError, ask } from "./ask.ts";
import { offerConsole } from "./console.ts";
import { readStdin } from "./stdin.ts";

/** A `HookStatusCode` that holds the job (1 to 299). */
const HOLD = 1;

/** A `HookStatusCode` that sends the job back to idle (300 and above). */
export const BACK_TO_IDLE = 300;

/**
 * Merged into the starter's copy of the job ad alone. The starter gives files of a running job's scratch directory to the
 * job's owner, but only those that are to be transferred (condor_tail(1)). A VM job transfers nothing when it ends.
 */
const CONSOLE_FOR_OWNER = `${classAdAssignment("TransferOutput", SCRATCH_CONSOLE)}\n`;

/** A hold reason is read by people; HTCondor's logs get it too. */
const MESSAGE_MAX = 1000;

/**
 * The prepare hook: hands the job to the agent and says, in HTCondor's way, what came of it.
 *
 * @param agentAccount - the account that copies the console for the job's owner; absent: nobody does
 */
export async function runPrepare(socket: string, agentAccount: string | undefined): Promise<void> {
  const ad = await readStdin();
  process.stdout.write(await prepare(socket, ad, agentAccount));
}

/** The hook's standard output: no failure when all is ready. */
async function prepare(socket: string, ad: string, agentAccount: string | undefined): Promise<string> {
  try {
    const lines = relevantLines(ad);
    const scratch = agentAccount === undefined ? undefined : await offerConsole(agentAccount);
    const request = { request: "prepare", ad: lines, ...(scratch === undefined ? {} : { scratch }) } as const;
    const answer = await ask(socket, request, { connectSeconds: 15, silenceSeconds: 30 });
    if (answer.answer === "done") return scratch === undefined ? "" : CONSOLE_FOR_OWNER;
    return hookFailure(answer.retry ? BACK_TO_IDLE : HOLD, answer.message);
  } catch (error) {
    if (error instanceof OversizedJobError) return hookFailure(HOLD, error.message);
    const who = error instanceof AgentSilentError ? "The node's agent" : "The node's prepare hook failed: it";
    const why = error instanceof Error ? error.message : String(error);
    return hookFailure(BACK_TO_IDLE, `${who} ${why}. The job waits for another node, or for this one to recover.`);
  }
}

/**
 * How a hook fails: through its output, since HTCondor looks there and not at the exit code (StarterHookMgr.cpp,
 * `HookPrepareJobClient::hookExited`). The message becomes one line of ASCII of bounded length.
 */
export function hookFailure(code: number, message: string): string {
  const text = message
    .normalize("NFKD")
    .replace(/\s+/g, " ")
    .replace(/[^\x20-\x7e]/g, "?")
    .slice(0, MESSAGE_MAX);
  return `${classAdAssignment("HookStatusCode", code)}\n${classAdAssignment("HookStatusMessage", text)}\n`;
}
