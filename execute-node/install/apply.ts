import { stat } from "node:fs/promises";
import { CONFIGURATION_FILE, type ResolvedNodeConfiguration } from "../configuration.ts";
import { askAgent, restartAgent } from "./agent-client.ts";
import { findAgents } from "./agent-process.ts";
import { BUNDLE_FILE, CONDOR_FILE, PROGRAM_FOLDER } from "./configuration.ts";
import { askStartd, configuredLayout, reconfigure, restartStartd, waitFor } from "./htcondor.ts";
import type { Printer } from "./printer.ts";
import { type Situation, type Step, stepsLeft, stepText } from "./steps.ts";

/** A startd that was started again has its agent, and the agent libvirt's answer, within seconds. */
const AGENT_SECONDS = 60;

/** How this node stands between what is installed and what runs. */
export async function readSituation({
  stateFolder,
  condorAccount,
}: Pick<ResolvedNodeConfiguration, "stateFolder" | "condorAccount">): Promise<Situation> {
  const [startd, layout, answer, condorFileChangedAtMs, ...programs] = await Promise.all([
    askStartd(),
    configuredLayout(),
    askAgent(stateFolder),
    changedAtMs(CONDOR_FILE),
    changedAtMs(CONFIGURATION_FILE),
    ...["agent", BUNDLE_FILE].map((name) => changedAtMs(`${PROGRAM_FOLDER}/${name}`)),
  ]);
  return {
    startd,
    layout,
    condorFileChangedAtMs,
    programsChangedAtMs: Math.max(...programs.map((time) => time ?? 0)),
    agent: "status" in answer ? answer.status.agent : undefined,
    silentAgents: "status" in answer ? [] : await findAgents(condorAccount),
  };
}

/** Whether systemd runs this machine (sd_booted(3)). */
export async function hasSystemd(): Promise<boolean> {
  return (await changedAtMs("/run/systemd/system")) !== undefined;
}

/**
 * Does what is left to do without harm to what runs, and says the rest.
 *
 * @returns whether nothing is left
 */
export async function applySteps(configuration: ResolvedNodeConfiguration, printer: Printer): Promise<boolean> {
  const left: Step[] = [];
  for (const step of stepsLeft(await readSituation(configuration))) {
    if (!(await applyStep(step, configuration.stateFolder, printer))) left.push(step);
  }
  await sayWhatIsLeft(left, printer);
  return left.length === 0;
}

/** Prints each step that is left. */
export async function sayWhatIsLeft(steps: readonly Step[], printer: Printer): Promise<void> {
  const systemd = await hasSystemd();
  for (const step of steps) printer.line(`left to do: ${stepText(step, systemd)}`);
}

/** @returns whether the step was one to do now */
async function applyStep(step: Step, stateFolder: string, printer: Printer): Promise<boolean> {
  const startd = await askStartd();
  if (startd === undefined || step.step === "start" || step.step === "find-agent") return false;
  switch (step.step) {
    case "reconfigure":
      await reconfigure(startd);
      printer.progress("HTCondor has read its configuration");
      return true;
    case "restart-agent":
      await restartAgent(stateFolder, step.pid);
      printer.progress("the agent runs anew");
      return true;
    case "restart-startd": {
      if (step.busy.length > 0) return false;
      await restartStartd(startd);
      await waitFor("the agent's answer", AGENT_SECONDS, async () => "status" in (await askAgent(stateFolder)));
      printer.progress("the startd and the agent run anew");
      return true;
    }
  }
}

async function changedAtMs(path: string): Promise<number | undefined> {
  return stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => undefined,
  );
}
