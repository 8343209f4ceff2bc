import { classAdAssignment } from "../../contract/classad.ts";
import { OversizedJobError, relevantLines } from "../relevant-lines.ts";
import { AgentSilentError, ask } from "./ask.ts";
import { readStdin } from "./stdin.ts";

/** A `HookStatusCode` that holds the job (1 to 299). */
const HOLD = 1;

/** A `HookStatusCode` that sends the job back to idle (300 and above). */
export const BACK_TO_IDLE = 300;

/** A hold reason is read by people; HTCondor's logs get it too. */
const MESSAGE_MAX = 1000;

/** The prepare hook: hands the job to the agent and says, in HTCondor's way, what came of it. */
export async function runPrepare(socket: string): Promise<void> {
  const ad = await readStdin();
  process.stdout.write(await prepare(socket, ad));
}

/** The hook's standard output: empty when all is ready. */
async function prepare(socket: string, ad: string): Promise<string> {
  try {
    const request = { request: "prepare", ad: relevantLines(ad) } as const;
    const answer = await ask(socket, request, { connectSeconds: 15, silenceSeconds: 30 });
    return answer.answer === "done" ? "" : hookFailure(answer.retry ? BACK_TO_IDLE : HOLD, answer.message);
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
