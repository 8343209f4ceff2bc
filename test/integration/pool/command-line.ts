import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { inject } from "vitest";

const COMMAND_LINE = fileURLToPath(new URL("../../../cli/main.ts", import.meta.url));

/** `condor-cloud …`, as a person of the pool runs it without a terminal; never fails, its exit status says. */
export function condorCloud(words: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  const env = { ...inject("environment"), ...environment };
  return execa(process.execPath, [COMMAND_LINE, ...words], { env, reject: false, stdin: "ignore" });
}
