import { randomUUID } from "node:crypto";
import { DISK_IN_THE_MAKING } from "../pool/hold.ts";
import { allDomains, theSandbox } from "../pool/nodes.ts";
import { processesOn } from "../pool/processes.ts";
import { eventually } from "../pool/wait.ts";
import type { Trial } from "./trial.ts";

/** When a fault meets a command. */
export interface Moment {
  readonly name: string;
  readonly command: "up" | "destroy";
  /** What holds the machine there: the pool, for all of its kind; otherwise the trial's own gates. */
  readonly heldBy?: "queue" | "preparation";
  /** Brings the command to the moment and keeps it there. */
  readonly reach: (trial: Trial) => Promise<void>;
}

/** Moments in the making of a machine. */
export const MOMENTS_OF_CREATION: readonly Moment[] = [
  {
    name: "while idle",
    command: "up",
    heldBy: "queue",
    async reach(trial) {
      trial.start("up");
      const { jobId, status } = await jobOf(trial);
      if (status !== 1) throw new Error(`${jobId} is not idle: JobStatus ${status}`);
    },
  },
  {
    name: "while preparing",
    command: "up",
    heldBy: "preparation",
    async reach(trial) {
      const { executeNodes } = await theSandbox();
      trial.start("up");
      const { jobId } = await jobOf(trial);
      await eventually(
        `the disk of ${jobId} to be in the making`,
        async () => (await Promise.all(executeNodes.map((node) => processesOn(node, DISK_IN_THE_MAKING)))).flat(),
        (found) => found.some(({ command }) => command.includes(`/${jobId}-`)),
      );
    },
  },
  {
    name: "before submit",
    command: "up",
    reach: (trial) => standAt(trial, "up", "before-condor_submit"),
  },
  {
    name: "between submit and answer",
    command: "up",
    reach: (trial) => standAt(trial, "up", "after-condor_submit"),
  },
  {
    name: "running, before acknowledgement",
    command: "up",
    async reach(trial) {
      trial.start("up");
      const { jobId } = await jobOf(trial);
      // The provider cannot see that the machine runs, so it acknowledges nothing.
      await trial.gates.close("before-condor_status");
      await eventually(`the domain of ${jobId}`, allDomains, (names) =>
        names.some((name) => name.endsWith(`_${jobId}`)),
      );
    },
  },
];

/** The instant that no order of steps does away with: the user decides, by what the error says. */
export const ACKNOWLEDGED_UNRECORDED: Moment = {
  name: "acknowledged, before the state has it",
  command: "up",
  reach: (trial) => standAt(trial, "up", "after-condor_qedit"),
};

/** Moments in the life of a machine that there is. */
export const DURING_UPDATE: Moment = {
  name: "during update",
  command: "up",
  async reach(trial) {
    // A stack may have met other updates before.
    trial.relabel(randomUUID());
    await standAt(trial, "up", "before-condor_qedit");
  },
};
export const DURING_DELETE: Moment = {
  name: "during delete",
  command: "destroy",
  reach: (trial) => standAt(trial, "destroy", "before-condor_rm"),
};

/** Starts a command and waits until it stands at a gate. */
async function standAt(trial: Trial, command: "up" | "destroy", gate: Parameters<Trial["gates"]["close"]>[0]) {
  await trial.gates.close(gate);
  trial.start(command);
  await trial.gates.reached(gate);
}

/** The job of a trial, as soon as the queue shows it. */
async function jobOf(trial: Trial) {
  const [job] = await eventually(
    `a job of ${trial.name}`,
    () => trial.jobs(),
    (jobs) => jobs.length > 0,
  );
  if (job === undefined) throw new Error(`${trial.name} has no job.`);
  return job;
}
