/** What a user of the pool tries with the jobs of another, and with an identity that is not theirs. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "../pool/wait.ts";
import { ATTACKER, condorAs, type Job, jobs, remove, submitAs, told } from "./condor.ts";
import { honestJob, tampered } from "./jobs.ts";
import { expectUnharmed, theVictim, type Victim } from "./victim.ts";

let victim: Victim;
const ids: string[] = [];

async function submitHeld(name: string, lines: readonly string[] = []): Promise<string> {
  const id = await submitAs(ATTACKER, tampered(honestJob(name, victim.image), ["hold = true", ...lines]));
  ids.push(id);
  return id;
}

async function jobWhen(id: string, what: string, wanted: (job: Job) => boolean): Promise<Job> {
  const found = await eventually(
    `job ${id} to be ${what}`,
    async () => (await jobs()).get(id),
    (job) => job !== undefined && wanted(job),
  );
  if (found === undefined) throw new Error(`Job ${id} left the queue.`);
  return found;
}

async function victimsMac(): Promise<string> {
  return (await condorAs(ATTACKER, "condor_q", "-allusers", victim.jobId, "-af", "JobVM_MACADDR")).text.trim();
}

beforeAll(async () => {
  victim = await theVictim();
});

afterAll(() => remove(...ids));

test.each([
  ["editing the acknowledgement of", ["condor_qedit", "-forward", "JOB", "CloudAcknowledged", "false"]],
  ["giving a deadline to", ["condor_qedit", "-forward", "JOB", "CloudDeadline", "1"]],
  ["removing", ["condor_rm", "JOB"]],
  ["removing for good", ["condor_rm", "-forcex", "JOB"]],
  ["holding", ["condor_hold", "JOB"]],
  ["suspending", ["condor_suspend", "JOB"]],
  ["vacating", ["condor_vacate_job", "-fast", "JOB"]],
])("%s a foreign job is denied", async (what, command) => {
  const sinceMs = Date.now();
  const words = command.map((word) => (word === "JOB" ? victim.jobId : word));
  const { text } = await condorAs(ATTACKER, ...words);
  expect(text).toMatch(/denied|not authorized|failed|couldn't|could not|unable/i);
  await expectUnharmed(victim, { tried: `${what} a foreign job`, happened: "denied", sinceMs });
});

test("a job that takes the GlobalJobId of a foreign one is held, and gets nothing of its machine", async () => {
  const sinceMs = Date.now();
  const id = await submitHeld("impostor");
  const edited = await condorAs(ATTACKER, "condor_qedit", id, "GlobalJobId", `"${victim.id}"`);
  expect(edited.exitCode).toBe(0);
  await condorAs(ATTACKER, "condor_release", id);
  const job = await jobWhen(id, "held by the node", ({ status, starts }) => status === "held" && starts > 0);
  expect(job.holdReason).toMatch(/GlobalJobId/);
  await expectUnharmed(victim, {
    tried: "the GlobalJobId of a foreign job",
    happened: `held: ${told(job)}`,
    sinceMs,
  });
});

test("a job whose GlobalJobId is a path is held", async () => {
  const sinceMs = Date.now();
  const id = await submitHeld("path");
  await condorAs(ATTACKER, "condor_qedit", id, "GlobalJobId", `"../../../../etc/shadow#${id}#1"`);
  await condorAs(ATTACKER, "condor_release", id);
  const job = await jobWhen(id, "held by the node", ({ status, starts }) => status === "held" && starts > 0);
  expect(job.holdReason).toMatch(/GlobalJobId/i);
  await expectUnharmed(victim, {
    tried: "a path as GlobalJobId",
    happened: `held: ${told(job)}`,
    sinceMs,
  });
});

test("a machine with the MAC address of a foreign one is held on its node", async () => {
  const sinceMs = Date.now();
  const lines = [`requirements = TARGET.Machine == "${victim.node.host}"`];
  const macAddress = await victimsMac();
  const id = await submitAs(ATTACKER, tampered(honestJob("twin", victim.image, { macAddress }), lines));
  ids.push(id);
  const job = await jobWhen(id, "held", ({ status }) => status === "held");
  expect(job.holdReason).toMatch(/MAC address/);
  await expectUnharmed(victim, {
    tried: "the MAC address of a foreign machine",
    happened: `held: ${told(job)}`,
    sinceMs,
  });
});

test("nobody submits a job as somebody else", async () => {
  const sinceMs = Date.now();
  const lines = ['+User = "cloud@pool"', '+Owner = "cloud"'];
  const said = await submitHeld("mask", lines).catch(String);
  const owner = await condorAs(ATTACKER, "condor_q", "-allusers", "-constraint", 'CloudName == "mask"', "-af", "Owner");
  expect([ATTACKER, ""]).toContain(owner.text.trim());
  await expectUnharmed(victim, {
    tried: "a submission in another's name",
    happened: String(said).slice(0, 80),
    sinceMs,
  });
});

test("memory beyond what the slot has, edited into a matched job, does not come back to a node", async () => {
  const sinceMs = Date.now();
  const id = await submitHeld("grown");
  await condorAs(ATTACKER, "condor_qedit", id, "JobVMMemory", "100000");
  await condorAs(ATTACKER, "condor_qedit", id, "JobVM_VCPUS", "64");
  await condorAs(ATTACKER, "condor_release", id);
  await jobWhen(id, "idle", ({ status }) => status === "idle");
  // A job of the same user that comes after it is matched in the same or a later cycle.
  const later = await submitAs(ATTACKER, tampered(honestJob("later", victim.image), []));
  ids.push(later);
  await jobWhen(later, "running", ({ status }) => status === "running");
  expect((await jobs()).get(id)).toMatchObject({ status: "idle", starts: 0 });
  await expectUnharmed(victim, {
    tried: "memory and processors edited into a job",
    happened: "no node takes it",
    sinceMs,
  });
});
