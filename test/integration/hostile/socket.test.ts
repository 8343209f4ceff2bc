/** What whoever got hold of an account of the node tries at its agent. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runIn } from "../../../sandbox/machine.ts";
import { running } from "../pool/machines.ts";
import { theSandbox } from "../pool/nodes.ts";
import { processesOn } from "../pool/processes.ts";
import { eventually } from "../pool/wait.ts";
import { ATTACKER, condorAs, jobs, remove, runAs, submitAs, VICTIM } from "./condor.ts";
import { honestJob, tampered } from "./jobs.ts";
import { expectUnharmed, theVictim, type Victim } from "./victim.ts";

const STATE = "/var/lib/condor-cloud";
const HOOK_SOCKET = `${STATE}/socket/agent.sock`;
const PRIVATE_SOCKET = `${STATE}/private/agent.sock`;

/** The account that VM jobs and their hook run under: the worst case is that an attacker has it. */
const JOB_ACCOUNT = "cloudvm";

let victim: Victim;
let knockScript: string;

/** Does something at an agent's socket on the victim's node, as an account of that node. */
async function knock(account: string, path: string, ...deed: string[]): Promise<string> {
  const said = await runAs(victim.node, account, ["node", "-", path, ...deed], { input: knockScript });
  return said.text;
}

/** The victim's job ad as everybody in the pool may read it, in the form that a hook gets. */
async function victimsAd(): Promise<string> {
  return (await condorAs(ATTACKER, "condor_q", "-allusers", "-long", victim.jobId)).text;
}

async function agentPid(): Promise<number | undefined> {
  return (await processesOn(victim.node, /condor-cloud-node\.cjs agent/))[0]?.pid;
}

beforeAll(async () => {
  victim = await theVictim();
  knockScript = await readFile(join(import.meta.dirname, "knock.cjs"), "utf8");
});

describe("a job of another kind on the node of a machine", () => {
  const ids: string[] = [];
  afterAll(() => remove(...ids));

  test("runs as its owner, and reaches neither the agent nor a disk, a console or an image", async () => {
    const sinceMs = Date.now();
    const places = ["socket", "private", "instances", "cache", "consoles"].map((folder) => `${STATE}/${folder}`);
    const script = [
      "id -un",
      ...places.map((place) => `ls -A ${place} && echo OPEN ${place}`),
      `head -c 4 ${STATE}/instances/*/disk.qcow2 && echo READ`,
      `test -w ${HOOK_SOCKET} && echo WRITABLE`,
      "echo END",
    ].join("\n");
    const { manager } = await theSandbox();
    await runAs(
      manager,
      ATTACKER,
      ["sh", "-c", 'mkdir -p "$HOME" && cat > "$HOME/look.sh" && chmod 755 "$HOME/look.sh"'],
      {
        input: `#!/bin/sh\n${script}\n`,
      },
    );
    const description = [
      `executable = /home/${ATTACKER}/look.sh`,
      `initialdir = /home/${ATTACKER}`,
      "output = look.out",
      "error = look.err",
      "should_transfer_files = yes",
      "request_disk = 1024",
      "request_memory = 32",
      `requirements = TARGET.Machine == "${victim.node.host}"`,
      "leave_in_queue = true",
      "queue",
    ].join("\n");
    const id = await submitAs(ATTACKER, description);
    ids.push(id);
    await eventually(
      "the job to end",
      async () => (await jobs()).get(id),
      (job) => job?.status === "completed",
    );
    const { text } = await runAs(manager, ATTACKER, ["cat", `/home/${ATTACKER}/look.out`]);
    expect(text.trim().split("\n")).toEqual([ATTACKER, "END"]);
    await expectUnharmed(victim, {
      tried: "an ordinary job that looks around on the node",
      happened: "sees nothing",
      sinceMs,
    });
  });
});

describe("the account of VM jobs in an attacker's hands", () => {
  test("cannot enter where domains are given, nor write where machines and images lie", async () => {
    const sinceMs = Date.now();
    expect(await knock(JOB_ACCOUNT, PRIVATE_SOCKET, "say", "{}")).toContain("EACCES");
    for (const folder of ["instances", "cache", "socket", "private", "log"]) {
      const said = await runAs(victim.node, JOB_ACCOUNT, ["touch", `${STATE}/${folder}/planted`]);
      expect(said.text).toContain("Permission denied");
    }
    await expectUnharmed(victim, {
      tried: "writing beside machines and images as cloudvm",
      happened: "denied",
      sinceMs,
    });
  });

  test("gets no domain of another's job, nor the node's status", async () => {
    const sinceMs = Date.now();
    const ad = await victimsAd();
    for (const request of [{ request: "domain", ad: relevant(ad) }, { request: "status" }]) {
      const answer = await knock(JOB_ACCOUNT, HOOK_SOCKET, "say", JSON.stringify(request));
      expect(answer).toMatch(/^\{"answer":"refused".*root alone/);
      expect(answer).not.toContain("<domain");
    }
    await expectUnharmed(victim, {
      tried: "asking for the domain of a foreign job as cloudvm",
      happened: "refused",
      sinceMs,
    });
  });

  test("cannot have another's machine made anew, nor one that no slot runs", async () => {
    const sinceMs = Date.now();
    const ad = await victimsAd();
    const ads = {
      "as it is": ad,
      "with other labels": ad.replace(/^CloudLabels = .*$/m, 'CloudLabels = "e30="'),
      "with more memory": ad.replace(/^JobVMMemory = .*$/m, "JobVMMemory = 4096"),
      "of another user": ad.replace(/^User = .*$/m, `User = "${ATTACKER}@elsewhere"`),
      "under another number": ad.replace(/^GlobalJobId = "(.*)#1\.0#/m, 'GlobalJobId = "$1#7.0#'),
    };
    for (const forged of Object.values(ads)) {
      const request = JSON.stringify({ request: "prepare", ad: relevant(forged) });
      expect(await knock(JOB_ACCOUNT, HOOK_SOCKET, "say", request)).toMatch(/^\{"answer":"(?:done|refused)"/);
    }
    await expectUnharmed(victim, {
      tried: "forged requests to prepare a foreign job",
      happened: "nothing made",
      sinceMs,
    });
  });

  test("says garbage, and 100 MB without an end, and is refused", async () => {
    const sinceMs = Date.now();
    const pid = await agentPid();
    for (const line of [
      "",
      "null",
      "[]",
      "{}",
      '{"request":"prepare"}',
      '{"request":"prepare","ad":7}',
      "\u0001\u0002",
    ]) {
      expect(await knock(JOB_ACCOUNT, HOOK_SOCKET, "say", line)).toMatch(/^\{"answer":"refused"/);
    }
    await knock(JOB_ACCOUNT, HOOK_SOCKET, "bytes", String(100 * 1024 ** 2));
    expect(await agentPid()).toBe(pid);
    await expectUnharmed(victim, {
      tried: "garbage and a line of 100 MB",
      happened: "refused, the same agent lives",
      sinceMs,
    });
  });

  test("sends 300 forged requests at once, and each is answered", async () => {
    const sinceMs = Date.now();
    const request = JSON.stringify({ request: "prepare", ad: relevant(await victimsAd()) });
    expect(await knock(JOB_ACCOUNT, HOOK_SOCKET, "storm", request, "300")).toContain("300 answered");
    await expectUnharmed(victim, {
      tried: "300 forged requests at once",
      happened: "all answered, nothing made",
      sinceMs,
    });
  });

  test("cannot signal the agent", async () => {
    const pid = await agentPid();
    const said = await runAs(victim.node, JOB_ACCOUNT, ["kill", "-9", String(pid)]);
    expect(said.text).toMatch(/not permitted/i);
    expect(await agentPid()).toBe(pid);
  });

  test("keeps 200 connections open that drip bytes, and a machine of somebody else starts meanwhile", async () => {
    const sinceMs = Date.now();
    const crowds = (await theSandbox()).executeNodes.map((node) =>
      runAs(node, JOB_ACCOUNT, ["node", "-", HOOK_SOCKET, "crowd", "200", "45"], { input: knockScript }),
    );
    const id = await submitAs(VICTIM, tampered(honestJob("meanwhile", victim.image), []));
    const job = (await jobs()).get(id);
    if (job === undefined) throw new Error(`Job ${id} is not in the queue.`);
    await running({ id: job.globalJobId, jobId: id });
    const seconds = ((Date.now() - sinceMs) / 1000).toFixed(1);
    await Promise.all(crowds);
    await remove(id);
    await eventually(
      "the machine to leave",
      async () => (await jobs()).has(id),
      (present) => !present,
    );
    await expectUnharmed(victim, {
      tried: "200 connections at each agent that drip bytes",
      happened: `a machine had its address after ${seconds} s`,
      sinceMs,
    });
  });

  test("finds no password of a console in the logs of HTCondor and of the agent", async () => {
    const record = await runIn(victim.node, ["sh", "-c", `cat ${STATE}/instances/${victim.jobId}-*/machine.json`]);
    const password = /"vncPassword":"([^"]+)"/.exec(record)?.[1];
    expect(password).toBeDefined();
    const found = await runAs(victim.node, "root", ["grep", "-rlF", password ?? "", "/var/log/condor", `${STATE}/log`]);
    expect(found.text).toBe("");
    const scratch = await runAs(victim.node, "root", ["grep", "-rlF", password ?? "", "/var/lib/condor"]);
    expect(scratch.text).toBe("");
  });
});

/** The lines of an ad that a hook hands on. */
function relevant(ad: string): string {
  return ad
    .split("\n")
    .filter((line) =>
      /^(?:Cloud\w*|JobVM\w+|GlobalJobId|ClusterId|ProcId|User|WantGracefulRemoval|VMPARAM_\w+) =/.test(line),
    )
    .join("\n");
}
