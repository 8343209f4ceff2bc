import { runIn } from "../../../sandbox/machine.ts";
import { DISK_IN_THE_MAKING, holdPreparations, letAllGo } from "../pool/hold.ts";
import { domainsOn, executeNode, theSandbox } from "../pool/nodes.ts";
import { processesOn } from "../pool/processes.ts";
import { eventually } from "../pool/wait.ts";
import type { Trial } from "./trial.ts";

/** When a fault meets a command. */
export interface Moment {
  readonly name: string;
  readonly command: "up" | "destroy";
  /** Whether the machine has to exist before. */
  readonly needsMachine: boolean;
  /** Brings the command to the moment and keeps it there. */
  readonly reach: (trial: Trial) => Promise<void>;
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

/** In the order in which they are reached: whatever holds the pool itself up comes after what needs it. */
export const MOMENTS: readonly Moment[] = [
  {
    name: "during update",
    command: "up",
    needsMachine: true,
    async reach(trial) {
      trial.relabel("second");
      await trial.gates.close("before-condor_qedit");
      trial.start("up");
      await trial.gates.reached("before-condor_qedit");
    },
  },
  {
    name: "during delete",
    command: "destroy",
    needsMachine: true,
    async reach(trial) {
      await trial.gates.close("before-condor_rm");
      trial.start("destroy");
      await trial.gates.reached("before-condor_rm");
    },
  },
  {
    name: "running, before acknowledgement",
    command: "up",
    needsMachine: false,
    async reach(trial) {
      trial.start("up");
      const { jobId } = await jobOf(trial);
      // The provider cannot see that the machine runs, so it acknowledges nothing.
      await trial.gates.close("before-condor_status");
      const node = await executeNode(1);
      await eventually(
        `the domain of ${jobId}`,
        () => domainsOn(node),
        (names) => names.some((name) => name.endsWith(`_${jobId}`)),
      );
    },
  },
  {
    name: "acknowledged, before the state has it",
    command: "up",
    needsMachine: false,
    async reach(trial) {
      await trial.gates.close("after-condor_qedit");
      trial.start("up");
      await trial.gates.reached("after-condor_qedit");
    },
  },
  {
    name: "while preparing",
    command: "up",
    needsMachine: false,
    async reach(trial) {
      const node = await executeNode(1);
      await holdPreparations(node);
      trial.start("up");
      const { jobId } = await jobOf(trial);
      await eventually(
        `the disk of ${jobId} to be in the making`,
        () => processesOn(node, DISK_IN_THE_MAKING),
        (found) => found.some(({ command }) => command.includes(`/${jobId}-`)),
      );
    },
  },
  {
    name: "while idle",
    command: "up",
    needsMachine: false,
    async reach(trial) {
      await negotiator("condor_off");
      trial.start("up");
      const { jobId, status } = await jobOf(trial);
      if (status !== 1) throw new Error(`${jobId} is not idle: JobStatus ${status}`);
    },
  },
  {
    name: "before submit",
    command: "up",
    needsMachine: false,
    async reach(trial) {
      await trial.gates.close("before-condor_submit");
      trial.start("up");
      await trial.gates.reached("before-condor_submit");
    },
  },
  {
    name: "between submit and answer",
    command: "up",
    needsMachine: false,
    async reach(trial) {
      await trial.gates.close("after-condor_submit");
      trial.start("up");
      await trial.gates.reached("after-condor_submit");
    },
  },
];

/** Lets go of whatever the moments held in the pool. */
export async function letPoolGo(): Promise<void> {
  await letAllGo(await executeNode(1));
  await negotiator("condor_on");
}

/** Starts or stops the part of the pool that gives jobs to nodes. */
async function negotiator(command: "condor_on" | "condor_off"): Promise<void> {
  const { manager } = await theSandbox();
  await runIn(
    manager,
    [command, "-fast", "-daemon", "negotiator"].filter((word) => command === "condor_off" || word !== "-fast"),
  );
}
