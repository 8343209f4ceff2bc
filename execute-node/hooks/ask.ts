import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Answer, Request } from "../protocol.ts";

/** How patient a client is. */
export interface Patience {
  /** How long the agent may be away: the startd starts a dead one again within seconds. */
  readonly connectSeconds: number;
  /** How long a connected agent may say nothing. */
  readonly silenceSeconds: number;
}

/** Nobody at the other end of the socket, or somebody who says nothing. */
export class AgentSilentError extends Error {}

/**
 * Asks the agent and waits for its final answer. Loads nothing but Node.js itself, because hooks must be quick.
 *
 * @throws AgentSilentError when the agent cannot be reached in time, hangs up, or falls silent
 */
export async function ask(
  path: string,
  request: Request,
  patience: Patience,
): Promise<Exclude<Answer, { answer: "working" }>> {
  const socket = await reach(path, patience.connectSeconds);
  return new Promise((resolve, reject) => {
    const fail = (why: string) => {
      reject(new AgentSilentError(why));
      socket.destroy();
    };
    let text = "";
    socket.setEncoding("utf8");
    socket.setTimeout(patience.silenceSeconds * 1000, () => fail(`said nothing for ${patience.silenceSeconds} s`));
    socket.on("error", (error) => fail(error.message));
    socket.on("close", () => fail("hung up"));
    socket.on("data", (chunk: string) => {
      text += chunk;
      const lines = text.split("\n");
      text = lines.pop() ?? "";
      for (const line of lines) {
        const answer: Answer = JSON.parse(line);
        if (answer.answer === "working") continue;
        resolve(answer);
        socket.end();
      }
    });
    socket.write(`${JSON.stringify(request)}\n`);
  });
}

async function reach(path: string, connectSeconds: number): Promise<Socket> {
  const deadline = Date.now() + connectSeconds * 1000;
  for (;;) {
    try {
      return await connected(path);
    } catch (error) {
      if (Date.now() >= deadline) {
        throw new AgentSilentError(`cannot be reached (${error instanceof Error ? error.message : String(error)})`);
      }
      await sleep(200);
    }
  }
}

function connected(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once("error", reject);
    socket.once("connect", () => {
      socket.off("error", reject);
      resolve(socket);
    });
  });
}
