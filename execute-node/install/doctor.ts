import { readFile } from "node:fs/promises";
import { isMissing } from "../agent/files.ts";
import { CONFIGURATION_FILE, parseNodeConfiguration, type ResolvedNodeConfiguration } from "../configuration.ts";
import { type Finding, findingText, runChecks } from "./checks/check.ts";
import { installedCondorChecks } from "./checks/htcondor.ts";
import { prerequisites } from "./checks/prerequisites.ts";
import { runningChecks } from "./checks/running.ts";
import { root } from "./checks/software.ts";
import type { Printer } from "./printer.ts";

/**
 * Looks at everything that an execute node needs, and says what to do about what is missing.
 *
 * @returns whether no check failed
 * @throws Error when the node is not installed, or its configuration cannot be read
 */
export async function doctor(options: { readonly json: boolean }, printer: Printer): Promise<boolean> {
  const checks = [root, ...prerequisites, ...installedCondorChecks, ...runningChecks];
  const findings = await runChecks(checks, await installedConfiguration());
  const healthy = !findings.some(({ verdict }) => verdict === "failed");
  if (options.json) printer.line(JSON.stringify({ healthy, findings }, undefined, 2));
  else for (const line of [...findings.map(findingText), summary(findings)]) printer.line(line);
  return healthy;
}

/**
 * Reads this node's configuration.
 *
 * @throws Error when there is none, or it cannot be used
 */
export async function installedConfiguration(): Promise<ResolvedNodeConfiguration> {
  try {
    return parseNodeConfiguration(await readFile(CONFIGURATION_FILE, "utf8"));
  } catch (error) {
    if (!isMissing(error)) throw error;
    throw new Error(
      `There is no ${CONFIGURATION_FILE}: this machine is no execute node. Make it one: install --store FOLDER`,
    );
  }
}

function summary(findings: readonly Finding[]): string {
  const count = (verdict: Finding["verdict"]) => findings.filter((finding) => finding.verdict === verdict).length;
  return `${count("ok")} ok, ${count("warning")} with a warning, ${count("failed")} failed`;
}
