import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, describe, expect, it, vi } from "vitest";
import { down, environment, exportLogs, status } from "../../../sandbox/cluster.ts";
import { logTail } from "../../../sandbox/logs.ts";
import { machinePid, runIn } from "../../../sandbox/machine.ts";
import { loadSandbox, type Sandbox } from "../../../sandbox/sandbox.ts";
import { bringUp, machinePids, ownName, removeAll, traces } from "./world.ts";

afterAll(removeAll);

/** A job that is in the queue and never runs. */
const HELD_JOB = "executable = /bin/true\ntransfer_executable = false\nlog = /dev/null\nhold = True\nqueue\n";

async function jobs(sandbox: Sandbox): Promise<string> {
  return (await execa(join(sandbox.bin, "condor_q"), ["-af", "Owner", "JobStatus"])).stdout;
}

describe("a sandbox of two execute nodes", () => {
  const name = ownName("two");

  it("comes up, able to run virtual machines, and is left alone by a second `up`", async () => {
    const sandbox = await bringUp(name, { nodes: 2 });
    const before = await machinePids(sandbox);
    const shown = await status(name);
    expect(shown?.state).toBe("up");
    expect(shown?.machines.map((machine) => machine.canRunMachines)).toEqual([undefined, true, true]);
    await bringUp(name, { nodes: 2 });
    expect(await machinePids(sandbox)).toEqual(before);
  });

  it("refuses another number of nodes, and says what to do", async () => {
    await expect(bringUp(name, { nodes: 1 })).rejects.toThrow("has 2 execute node(s), not 1");
  });

  it("lets an ordinary user submit from outside, by standard input", async () => {
    const sandbox = await existing(name);
    await execa("condor_submit", ["-terse", "-"], { env: environment(sandbox), input: HELD_JOB });
    expect(await jobs(sandbox)).toBe("cloud 5");
  });

  it("lets that user administer nothing, and nobody in without a token", async () => {
    const sandbox = await existing(name);
    const env = environment(sandbox);
    const factor = await execa("condor_userprio", ["-setfactor", `cloud@${sandbox.domain}`, "5"], {
      env,
      reject: false,
    });
    expect(`${factor.stdout}${factor.stderr}`).toMatch(/not an administrator|denied/i);
    const [node] = sandbox.executeNodes;
    if (!node) throw new Error("no execute node");
    const asStranger = ["setpriv", "--reuid=cloud", "--regid=cloud", "--init-groups", "--reset-env"];
    const query = ["condor_status", "-pool", sandbox.manager.host];
    await expect(runIn(node, [...asStranger, ...query])).rejects.toThrow(/authenticate|communicat|locate/i);
  });

  it("starts a killed machine again, with its queue as it was", async () => {
    const sandbox = await existing(name);
    for (const machine of [sandbox.manager, sandbox.executeNodes[0]]) {
      const pid = machine && (await machinePid(machine));
      if (pid) process.kill(pid, "SIGKILL");
    }
    const untouched = sandbox.executeNodes[1];
    const before = untouched && (await machinePid(untouched));
    await bringUp(name, { nodes: 2 });
    expect(await jobs(sandbox)).toBe("cloud 5");
    expect(untouched && (await machinePid(untouched))).toBe(before);
  });

  it("is broken without a way to its guests, and gets it back with all machines left alone", async () => {
    const sandbox = await existing(name);
    const before = await machinePids(sandbox);
    const ways = [
      ["route", "delete", `${sandbox.executeNodes[1]?.guestNetwork}.0/24`],
      ["address", "delete", `${sandbox.hostLanAddress}/24`, "dev", sandbox.hostLink],
    ];
    for (const way of ways) {
      await execa("ip", way);
      expect((await status(name))?.state).toBe("broken");
      await bringUp(name, { nodes: 2 });
      expect((await status(name))?.state).toBe("up");
    }
    expect(await machinePids(sandbox)).toEqual(before);
  });

  it("exports its logs, and no secret with them", async () => {
    const folder = await mkdtemp(join(tmpdir(), "logs-"));
    try {
      const sandbox = await existing(name);
      await exportLogs(sandbox, folder);
      expect(await readFile(join(folder, "cm/var/log/condor/SchedLog"), "utf8")).not.toBe("");
      const { stdout } = await execa("grep", ["-rl", "eyJ", folder], { reject: false }); // how each token begins
      expect(stdout).toBe("");
      expect((await execa("find", [folder, "-name", "*claim_id*"])).stdout).toBe("");
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it("runs beside another one, on a network of its own", async () => {
    const other = await bringUp(ownName("beside"));
    const sandbox = await existing(name);
    expect(other.octet).not.toBe(sandbox.octet);
    expect(await jobs(other)).toBe("");
    expect(await jobs(sandbox)).toBe("cloud 5");
  });

  it("goes without a trace, even when half of it is gone already", async () => {
    const sandbox = await existing(name);
    expect(await traces(name, sandbox.octet)).not.toEqual([]);
    await rm(join(sandbox.folder, "sandbox.json"));
    await execa("ip", ["link", "delete", sandbox.hostLink]);
    await down(name);
    expect(await traces(name, sandbox.octet)).toEqual([]);
    await expect(readFile(join(sandbox.folder, "token"))).rejects.toThrow("ENOENT");
  });
});

describe("a sandbox that does not come up", () => {
  it("says which machine ended, with the last words of its logs, and leaves nothing behind", async () => {
    const name = ownName("dies");
    let octet = 0;
    const onStep = async (title: string) => {
      if (!title.startsWith("Ready")) return;
      const sandbox = await existing(name);
      octet = sandbox.octet;
      const [node] = sandbox.executeNodes;
      const pid = node && (await machinePid(node));
      if (!pid) throw new Error("exec1 does not run");
      await vi.waitFor(async () => expect(await logTail(node, "MasterLog")).not.toBe(""), { timeout: 30_000 });
      process.kill(pid, "SIGKILL");
    };
    await expect(bringUp(name, { onStep })).rejects.toThrow(
      /Machine exec1 .* ended by itself\.\n.*exec1 MasterLog:\n/s,
    );
    expect(await traces(name, octet)).toEqual([]);
    expect(await loadSandbox(name)).toBeUndefined();
  });

  it("says in the installer's words why a node could not be installed", async () => {
    const folder = await mkdtemp(join(tmpdir(), "installer-"));
    try {
      const nodeBundle = join(folder, "broken.cjs");
      await writeFile(nodeBundle, 'console.log("FAILED   libvirt: a test broke it"); process.exitCode = 1;');
      await expect(bringUp(ownName("broken"), { nodeBundle })).rejects.toThrow(
        /Machine exec1 .* ended by itself\.\n.*FAILED {3}libvirt: a test broke it/s,
      );
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it("is undone when it is interrupted", async () => {
    const name = ownName("stop");
    const interruption = new AbortController();
    let octet = 0;
    const onStep = async (title: string) => {
      if (!title.startsWith("Ready")) return;
      octet = (await existing(name)).octet;
      interruption.abort();
    };
    await expect(bringUp(name, { signal: interruption.signal, onStep })).rejects.toThrow(
      /^Interrupted during: Ready .*removed again/s,
    );
    expect(await traces(name, octet)).toEqual([]);
    expect(await loadSandbox(name)).toBeUndefined();
  });
});

async function existing(name: string): Promise<Sandbox> {
  const sandbox = await loadSandbox(name);
  if (!sandbox) throw new Error(`The sandbox ${name} is not there.`);
  return sandbox;
}
