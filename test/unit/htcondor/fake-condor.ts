import { ATTRIBUTE } from "../../../contract/job-ad.ts";
import {
  encodeFailures,
  type GuestReport,
  type MachineFailure,
  machineReportAttributes,
  nodeReportAttributes,
  SLOT_ATTRIBUTE,
} from "../../../contract/node-report.ts";
import type { Context } from "../../../provider/context.ts";
import { machineJobs } from "../../../provider/htcondor/classad.ts";
import { CommandFailedError, PoolUnreachableError } from "../../../provider/htcondor/errors.ts";
import { poolOf } from "../../../provider/htcondor/pool.ts";
import type { Command, Run } from "../../../provider/htcondor/run.ts";
import { readSettings } from "../../../provider/settings.ts";

type Ad = Record<string, unknown> & { GlobalJobId: string };

/**
 * The answers of one schedd with a queue in memory, for what no real pool does on demand: to fall silent at a certain
 * command, or to change a job behind our back. What HTCondor itself does is tested against HTCondor.
 */
export class FakeCondor {
  readonly name: string;
  /** The jobs in the queue. */
  readonly jobs: Ad[] = [];
  /** The jobs that the history knows. */
  readonly past: Ad[] = [];
  /** The commands that were run, with the schedd that was asked by name. */
  readonly log: string[] = [];
  /** What new jobs are like: running with an address, unless a test says otherwise. */
  jobStatus = 2;
  /** The address that guests have; undefined: none yet. */
  ipAddress: string | undefined = "10.0.0.7";
  /** What each machine wrote on its serial console; undefined: its node offers none. */
  console: string | undefined;
  /** What guests say of themselves; undefined: nothing. */
  guest: GuestReport | undefined;
  /** When the domain was first seen running, Unix time in seconds; undefined: nobody says. */
  startedAt: number | undefined;
  /** HTCondor's analysis of a job that waits. */
  analysis: (job: Ad) => string = () => "";
  /** What the node exec1 says went wrong with machines. */
  readonly failures: MachineFailure[] = [];
  /** Called before each command; what it throws, the command fails with. */
  before: (command: Command) => void = () => {};
  /** Called after each command has done its work, and before anybody hears of it. */
  after: (command: Command) => void = () => {};
  /** What the manager's configuration says of concurrency limits of MAC addresses. */
  limit = "1";
  /** The most jobs of one submission, and what the schedd's configuration says of it; undefined: it says nothing. */
  jobsPerSubmission = 20_000;
  toldJobsPerSubmission: string | undefined = "20000";
  /** The other schedds of the pool, by name. */
  readonly others: FakeCondor[] = [];

  /** The jobs (their GlobalJobIds) that may not be changed, and the machines (their names) that are not taken. */
  readonly refused = new Set<unknown>();

  constructor(name = "ap.example") {
    this.name = name;
  }

  readonly run: Run = async (command, options, { input = "", schedd } = {}) => {
    this.log.push(schedd === undefined ? command : `${command} -name ${schedd}`);
    this.before(command);
    const asked = schedd === undefined ? this : [this, ...this.others].find((other) => other.name === schedd);
    if (asked === undefined) throw silence("Collector has no record of schedd/submitter");
    const answer = asked.#answer(command, options, input);
    this.after(command);
    return answer;
  };

  context(): Context {
    return { settings: readSettings({}, {}), pool: poolOf(this.run), store: undefined };
  }

  #answer(command: Command, options: readonly string[], input: string): string {
    const constraint = options[options.indexOf("-constraint") + 1] ?? "";
    const matched = this.jobs.filter((job) => matches(job, constraint));
    switch (command) {
      case "condor_submit":
        return this.#submit(input);
      case "condor_q":
        if (options.includes("-better-analyze")) return matched.map((job) => this.analysis(job)).join("\n");
        if (options.includes("-totals")) return JSON.stringify([{ Jobs: matched.length }]);
        return matched.length === 0 ? "" : JSON.stringify(matched);
      case "condor_status":
        return JSON.stringify([this.#node(), ...this.jobs.map((job) => this.#reportOf(job))]);
      case "condor_qedit":
        if (matched.length === 0 || matched.some((job) => this.refused.has(job.GlobalJobId))) throw noTo(command);
        for (const job of matched) Object.assign(job, assignments(options.slice(options.indexOf("-constraint") + 2)));
        return `Set attribute "X" for ${matched.length} matching jobs.\n`;
      case "condor_rm":
        if (matched.length === 0 || matched.some((job) => this.refused.has(job.GlobalJobId))) throw noTo(command);
        for (const job of matched) this.jobs.splice(this.jobs.indexOf(job), 1);
        return "";
      case "condor_tail":
        if (this.console === undefined)
          throw noTo(command, "File console.log requested but not authorized to be sent.");
        return this.console;
      case "condor_config_val":
        if (options[0] === "-schedd") return `${this.toldJobsPerSubmission ?? "Not defined"}\n`;
        return `${this.limit}\n`;
      case "condor_history": {
        const known = this.past.filter((job) => matches(job, constraint));
        return known.length === 0 ? "" : JSON.stringify(known);
      }
    }
  }

  /** The node's own slot: it has no UEFI. */
  #node() {
    const report = { images: [], cacheUsedMiB: 0, cacheAvailableMiB: 1000, diskFreeMiB: 2000, networks: ["default"] };
    return {
      Name: "slot1@exec1",
      ...nodeReportAttributes({
        ...report,
        heartbeat: Math.floor(Date.now() / 1000),
        acceleration: "qemu",
        architectures: ["x86_64"],
        firmwares: ["bios"],
        trouble: "",
      }),
      [SLOT_ATTRIBUTE.failures]: encodeFailures(this.failures),
    };
  }

  #reportOf(job: Ad) {
    const { ipAddress, guest, startedAt } = this;
    const report = { globalJobId: job.GlobalJobId, state: "running", ipAddress, guest, startedAt } as const;
    return { Name: job.RemoteHost, ...machineReportAttributes(report) };
  }

  #submit(description: string): string {
    const [, variables = "", table = ""] = /^queue (\S+) from \(\n(.*)\n\)$/ms.exec(description) ?? [];
    const names = variables.split(",");
    const clusterId = 100 + this.log.length;
    const rows = table.split("\n").map((row) => new Map(row.split(" ").map((cell, index) => [names[index], cell])));
    if (rows.length > this.jobsPerSubmission) {
      throw noTo("condor_submit", "Number of submitted jobs would exceed MAX_JOBS_PER_SUBMISSION");
    }
    if (rows.some((row) => this.refused.has(row.get("cloud_instance")))) throw noTo("condor_submit");
    for (const [procId, row] of rows.entries()) {
      this.jobs.push({
        ClusterId: clusterId,
        ProcId: procId,
        GlobalJobId: `${this.name}#${clusterId}.${procId}#1795562971`,
        Owner: "alice",
        QDate: 1_795_562_971,
        JobStatus: this.jobStatus,
        RemoteHost: this.jobStatus === 2 ? `slot1_${procId}@exec1` : undefined,
        JobVMMemory: Number(row.get("cloud_memory_mib")),
        JobVM_VCPUS: Number(row.get("cloud_cpus")),
        JobVM_MACADDR: row.get("cloud_mac"),
        WantGracefulRemoval: row.get("cloud_graceful") === "true",
        ...Object.fromEntries(
          Object.values(ATTRIBUTE).map((name) => [name, literal(row.get(`cloud_attribute_${name.toLowerCase()}`))]),
        ),
      });
    }
    return `${clusterId}.0 - ${clusterId}.${rows.length - 1}\n`;
  }
}

/** A schedd that does not answer. */
export function silence(why = "Failed to connect to queue manager"): PoolUnreachableError {
  return new PoolUnreachableError("condor_q", { what: "No answer.", why });
}

function noTo(command: Command, why = "Transaction failed."): CommandFailedError {
  return new CommandFailedError(command, { what: `${command} failed.`, why });
}

function matches(job: Ad, constraint: string): boolean {
  if (constraint === machineJobs()) return true;
  const [, beginning] = /substr\(CloudKey, 0, \d+\) =\?= "(.*)"$/.exec(constraint) ?? [];
  if (beginning !== undefined) return String(job[ATTRIBUTE.key]).startsWith(beginning);
  if (/^ClusterId == \d+$/.test(constraint)) return constraint === `ClusterId == ${job.ClusterId}`;
  return [job.GlobalJobId, job[ATTRIBUTE.key], job[ATTRIBUTE.fleet]].some((value) =>
    constraint.includes(JSON.stringify(value)),
  );
}

function assignments(words: readonly string[]): Record<string, unknown> {
  const pairs = words.flatMap((name, index) => (index % 2 === 0 ? [[name, literal(words[index + 1])]] : []));
  return Object.fromEntries(pairs);
}

function literal(text = "undefined"): unknown {
  if (text === "undefined") return undefined;
  if (text === "true" || text === "false") return text === "true";
  return /^\d+$/.test(text) ? Number(text) : text.replace(/^"|"$/g, "");
}
