import { createInterface } from "node:readline/promises";
import { InterruptedError } from "../provider/errors.ts";
import { UsageError } from "./exit.ts";

/**
 * Asks a person at the terminal before something is removed; `--yes` answers for them.
 *
 * @throws InterruptedError where they do not want it; UsageError where nobody can be asked
 */
export async function confirm(question: string, yes: boolean): Promise<void> {
  if (yes) return;
  if (!process.stdin.isTTY) {
    throw new UsageError({ what: `${question} Nobody can be asked here.`, remedy: "Give --yes, or use a terminal." });
  }
  const answer = await ask(`${question} [y/N] `);
  if (!/^y(es)?$/i.test(answer.trim())) throw new InterruptedError({ what: "Nothing was removed." });
}

/** The answer; empty where somebody ends the input instead, by Ctrl-C or Ctrl-D. */
async function ask(question: string): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const ended = new AbortController();
  terminal.on("SIGINT", () => ended.abort()).on("close", () => ended.abort());
  try {
    return await terminal.question(question, { signal: ended.signal });
  } catch (error) {
    if (!ended.signal.aborted) throw error;
    process.stderr.write("\n");
    return "";
  } finally {
    terminal.close();
  }
}
