import { messageOf } from "../agent/refusal.ts";
import { NodeStatus } from "../agent/status.ts";
import { nodePaths } from "../configuration.ts";
import { ask } from "../hooks/ask.ts";
import { endAgent } from "./agent-process.ts";
import { waitFor } from "./htcondor.ts";

/** An agent that works on something else answers in between. */
const SILENCE_SECONDS = 10;

/** The startd starts an ended agent again after two seconds, and libvirt may take some to answer it. */
const RESTART_SECONDS = 60;

/** What the agent says of its node, or why nothing is heard of it. */
export type AgentAnswer = { readonly status: NodeStatus } | { readonly silence: string };

/** Asks the agent how its node does, by the socket that root alone reaches. */
export async function askAgent(stateFolder: string): Promise<AgentAnswer> {
  const { privateSocket } = nodePaths(stateFolder);
  try {
    const answer = await ask(
      privateSocket,
      { request: "status" },
      { connectSeconds: 0, silenceSeconds: SILENCE_SECONDS },
    );
    if (answer.answer === "refused") return { silence: answer.message };
    return { status: NodeStatus.parse(answer.status) };
  } catch (error) {
    return { silence: messageOf(error) };
  }
}

/** Ends the agent, which its startd starts again with the programs and the configuration of now; no machine notices. */
export async function restartAgent(stateFolder: string, pid: number): Promise<void> {
  await endAgent(pid);
  await waitFor("the agent to start again", RESTART_SECONDS, async () => {
    const answer = await askAgent(stateFolder);
    return "status" in answer && answer.status.agent.pid !== pid;
  });
}
