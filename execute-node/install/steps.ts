import type { Layout, Startd } from "./htcondor.ts";
import { busySlots, restartReason } from "./htcondor.ts";

/** How a node stands between what is installed and what runs. */
export interface Situation {
  /** Absent: HTCondor does not run. */
  readonly startd: Startd | undefined;
  /** What the startd would have if it were started now. */
  readonly layout: Layout;
  /** When HTCondor's file of ours was last changed; Unix time in milliseconds. Absent: there is none. */
  readonly condorFileChangedAtMs: number | undefined;
  /** When the agent's programs, or node.json, were last changed. */
  readonly programsChangedAtMs: number;
  /** Absent: it does not answer. */
  readonly agent: { readonly pid: number; readonly startedAt: number } | undefined;
  /** Where it does not answer: the agents that run all the same, by their process numbers. */
  readonly silentAgents: readonly number[];
}

/** What is left to do until what runs is what is installed. */
export type Step =
  | { readonly step: "start" }
  | { readonly step: "restart-startd"; readonly reason: string; readonly busy: readonly string[] }
  | { readonly step: "reconfigure" }
  /** `silent`: it does not answer where the configuration has its socket. */
  | { readonly step: "restart-agent"; readonly pid: number; readonly silent: boolean }
  /** None runs, though HTCondor should have started it. */
  | { readonly step: "find-agent" };

/**
 * The steps that are left, in the order in which they are to be done. Pure. A startd that has to start again reads its
 * configuration, and starts its agent, on the way; where machines run, the rest is done without.
 */
export function stepsLeft(situation: Situation): Step[] {
  const { startd, layout } = situation;
  if (startd === undefined) return [{ step: "start" }];
  const steps: Step[] = [];
  const reason = restartReason(startd, layout);
  const busy = busySlots(startd);
  if (reason !== undefined && busy.length === 0) return [{ step: "restart-startd", reason, busy }];
  if ((situation.condorFileChangedAtMs ?? 0) > startd.configuredAtMs) steps.push({ step: "reconfigure" });
  steps.push(...agentSteps(situation, steps.length > 0));
  if (reason !== undefined) steps.push({ step: "restart-startd", reason, busy });
  return steps;
}

function agentSteps({ agent, silentAgents, ...situation }: Situation, willReconfigure: boolean): Step[] {
  if (agent !== undefined) {
    // Whole seconds on the agent's side.
    const isOld = situation.programsChangedAtMs > (agent.startedAt + 1) * 1000;
    return isOld ? [{ step: "restart-agent", pid: agent.pid, silent: false }] : [];
  }
  if (situation.condorFileChangedAtMs === undefined) return [];
  const [pid] = silentAgents;
  if (pid !== undefined) return [{ step: "restart-agent", pid, silent: true }];
  return willReconfigure ? [] : [{ step: "find-agent" }];
}

/** A step for people: why, and how to do it by hand. */
export function stepText(step: Step, hasSystemd: boolean): string {
  switch (step.step) {
    case "start":
      return `HTCondor does not run here. Start it: ${hasSystemd ? "systemctl enable --now condor" : "condor_master"}`;
    case "reconfigure":
      return "HTCondor has not read the new configuration yet: condor_reconfig";
    case "restart-agent": {
      const why = step.silent ? "does not answer at its socket" : "runs with what was installed before";
      return `The agent ${why}: kill ${step.pid} (its startd starts it again; machines do not notice)`;
    }
    case "find-agent":
      return "No agent runs, which HTCondor's startd should have started: its StartLog, and log/agent.log in the state folder, say why";
    case "restart-startd": {
      const how = "condor_restart -peaceful -startd";
      if (step.busy.length === 0) return `The startd must start again, because ${step.reason}: ${how}`;
      return (
        `The startd must start again, because ${step.reason}. Jobs run in ${step.busy.join(", ")}, so it is left alone. ` +
        `Once they have ended: condor-cloud-node install --apply (or ${how}, which waits for their end)`
      );
    }
  }
}
