import { refusingDomain } from "../domain/refusing-domain.ts";
import { relevantLines } from "../relevant-lines.ts";
import { ask } from "./ask.ts";
import { readStdin } from "./stdin.ts";

/**
 * vm-gahp's XML script, run as root: prints the domain that the agent builds from its own record. It never fails and
 * never prints nothing, for a reason that {@link refusingDomain} tells.
 */
export async function runDomain(socket: string): Promise<void> {
  let xml: string;
  try {
    const request = { request: "domain", ad: relevantLines(await readStdin()) } as const;
    const answer = await ask(socket, request, { connectSeconds: 30, silenceSeconds: 30 });
    xml = answer.answer === "done" ? (answer.xml ?? refusingDomain("no domain")) : refusingDomain(answer.message);
  } catch (error) {
    xml = refusingDomain(`the node's agent ${error instanceof Error ? error.message : String(error)}`);
  }
  process.stdout.write(`${xml}\n`);
}
