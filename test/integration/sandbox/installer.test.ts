import { appendFile, chmod, readFile } from "node:fs/promises";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { type Context, openContext } from "../../../provider/context.ts";
import { checkImage } from "../../../provider/image/check.ts";
import { createImage } from "../../../provider/image/lifecycle.ts";
import { checkInstance } from "../../../provider/instance/check.ts";
import { createInstance, deleteInstance } from "../../../provider/instance/lifecycle.ts";
import { Operation } from "../../../provider/operation.ts";
import { readSettings } from "../../../provider/settings.ts";
import { silentReporter } from "../../../sandbox/actions/action.ts";
import { smallGuest } from "../../../sandbox/guest/small-guest.ts";
import { enterArguments, machinePid } from "../../../sandbox/machine.ts";
import { INSTALLER } from "../../../sandbox/machine-files.ts";
import type { Machine, Sandbox } from "../../../sandbox/sandbox.ts";
import { eventually } from "../pool/wait.ts";
import { bringUp, ownName, removeAll } from "./world.ts";

/** HTCondor's file of ours. */
const CONDOR_FILE = "/etc/condor/config.d/60-condor-cloud.config";

/** Where an install writes; what it reads and what runs lies elsewhere. */
const WRITTEN = ["/usr/lib/condor-cloud", "/etc/condor-cloud", "/etc/condor/config.d", "/usr/sbin/condor-cloud-node"];

const operation = () => new Operation({ timeoutSeconds: 300 });

let sandbox: Sandbox;
let node: Machine;
let context: Context;

beforeAll(async () => {
  sandbox = await bringUp(ownName("install"));
  const [first] = sandbox.executeNodes;
  if (!first) throw new Error("no execute node");
  node = first;
  context = openContext(readSettings({ commands: sandbox.bin, store: sandbox.store }, {}));
});

afterAll(removeAll);

/** Runs a command on the node as its administrator. */
async function onNode(...command: string[]): Promise<{ exitCode: number | undefined; output: string }> {
  const pid = await machinePid(node);
  if (pid === undefined) throw new Error("the node does not run");
  const result = await execa("nsenter", [...enterArguments(pid), ...command], {
    reject: false,
    all: true,
    stdin: "ignore",
  });
  return { exitCode: result.exitCode, output: result.all };
}

const Doctor = z.object({
  healthy: z.boolean(),
  findings: z.array(
    z.object({ check: z.string(), verdict: z.string(), found: z.string(), remedy: z.string().optional() }),
  ),
});

/** What the doctor finds. */
async function doctor(): Promise<z.infer<typeof Doctor> & { failed: string[] }> {
  const { exitCode, output } = await onNode("condor-cloud-node", "doctor", "--json");
  const said = Doctor.parse(JSON.parse(output));
  expect(exitCode).toBe(said.healthy ? 0 : 1);
  return { ...said, failed: said.findings.filter(({ verdict }) => verdict === "failed").map(({ check }) => check) };
}

async function healthy(): Promise<void> {
  await eventually(
    "the doctor to find the node healthy",
    async () => (await doctor()).failed,
    (failed) => failed.length === 0,
  );
}

/** Every written file with inode, time, mode and owner. */
async function written(): Promise<string> {
  return (await onNode("find", ...WRITTEN, "-printf", "%p %i %T@ %m %u:%g\n")).output;
}

/** What the startd says of virtual machines. */
async function canRunMachines(): Promise<string> {
  return (await onNode("condor_status", "-constraint", "PartitionableSlot", "-af", "HasVM", "VM_Type")).output;
}

describe("an execute node that the installer made", () => {
  it("is left alone by a second install", async () => {
    await healthy();
    const before = await written();
    expect(await onNode("condor-cloud-node", "install", "--apply")).toMatchObject({ exitCode: 0 });
    expect(await written()).toBe(before);
  });

  it("is healthy in every check of the doctor, but that it has to emulate", async () => {
    const { findings } = await doctor();
    const remarks = findings.filter(({ verdict }) => verdict !== "ok").map(({ check }) => check);
    expect(["", "KVM"]).toContain(remarks.join());
    expect(findings.length).toBeGreaterThan(20);
  });

  it("says what a stopped libvirt takes away, and what to do", async () => {
    const pid = (await onNode("pidof", "libvirtd")).output;
    await onNode("kill", pid);
    await eventually(
      "libvirtd to end",
      () => onNode("pidof", "libvirtd"),
      ({ exitCode }) => exitCode === 1,
    );
    const { findings, failed } = await doctor();
    expect(failed).toContain("libvirt");
    const finding = findings.find(({ check }) => check === "libvirt");
    expect(finding?.found).toMatch(/does not answer condor: .*libvirt-sock/);
    expect(finding?.remedy).toContain("systemctl enable --now libvirtd");
    await onNode("libvirtd", "-d");
    await healthy();
  });

  it("says that the store cannot be read, and by whom", async () => {
    await chmod(sandbox.store, 0o700);
    try {
      const { findings, failed } = await doctor();
      expect(failed).toEqual(["image store"]);
      expect(findings.find(({ check }) => check === "image store")?.found).toMatch(
        /^condor cannot read .*Permission denied/,
      );
    } finally {
      await chmod(sandbox.store, 0o755);
    }
  });

  it("keeps an administrator's change: an install shows it and stops, and overwrites it only when told to, with a copy", async () => {
    const pid = await machinePid(node);
    const path = `/proc/${pid}/root${CONDOR_FILE}`;
    await appendFile(path, "MAX_CLAIM_ALIVES_MISSED = 7\n");
    const edited = await readFile(path, "utf8");

    const refused = await onNode("condor-cloud-node", "install", "--quiet");
    expect(refused.exitCode).toBe(1);
    expect(refused.output).toMatch(/^-MAX_CLAIM_ALIVES_MISSED = 7$/m);
    expect(refused.output).toContain("Nothing was written.");
    expect(await readFile(path, "utf8")).toBe(edited);

    const shown = await onNode("condor-cloud-node", "install", "--dry-run");
    expect(shown.output).toContain(`would overwrite ${CONDOR_FILE}`);
    expect(await readFile(path, "utf8")).toBe(edited);

    expect(await onNode("condor-cloud-node", "install", "--overwrite")).toMatchObject({ exitCode: 0 });
    expect(await readFile(path, "utf8")).not.toBe(edited);
    expect(await readFile(`${path}~`, "utf8")).toBe(edited);
    // HTCondor does not read the copy.
    expect((await onNode("condor_config_val", "MAX_CLAIM_ALIVES_MISSED")).output).not.toBe("7");
  });

  it("does not let options change node.json, and knows a wrong command from a failed one", async () => {
    const refused = await onNode("condor-cloud-node", "install", "--store", "/elsewhere");
    expect(refused.exitCode).toBe(2);
    expect(refused.output).toContain('store is "/var/lib/condor-cloud-store", not "/elsewhere"');
    expect(await onNode("condor-cloud-node", "instal")).toMatchObject({ exitCode: 2 });
    expect(await onNode("condor-cloud-node", "--help")).toMatchObject({ exitCode: 0 });
  });

  it("shows its machine and its cache, no password but to who asks for it, and is not uninstalled under that machine", async () => {
    const machine = await startMachine();
    try {
      const status = await onNode("condor-cloud-node", "status");
      expect(status.exitCode).toBe(0);
      expect(status.output).toMatch(/^guest +[0-9a-f]{12} .* yes$/m);
      expect(status.output).toMatch(/^web +\d+\.0 +cloud@\S+ +running .* 10\./m);
      expect((await onNode("condor-cloud-node", "status", "--json")).output).not.toMatch(/password/i);
      expect((await onNode("condor-cloud-node", "status", "--json", "--show-secrets")).output).toMatch(
        /"vncPassword": "\w{8}"/,
      );

      const refused = await onNode("condor-cloud-node", "uninstall");
      expect(refused.exitCode).toBe(1);
      expect(refused.output).toMatch(/^ {2}web, of cloud@\S+, running, job /m);
      expect(await canRunMachines()).toBe("true kvm");
    } finally {
      await deleteInstance(machine, {}, context, operation());
    }
    await eventually(
      "the machine's console to be kept",
      async () => (await onNode("condor-cloud-node", "status")).output,
      (text) => text.includes("Machines   none") && text.includes("Consoles of machines that ended"),
    );
  });

  it("is an ordinary node after it was uninstalled, and takes no virtual machine, until it is installed again", async () => {
    expect(await onNode("condor-cloud-node", "uninstall")).toMatchObject({ exitCode: 0 });
    const left = (await written()).split("\n").map((line) => line.split(" ")[0] ?? "");
    expect(left.filter((path) => path.startsWith("/") && path.includes("condor-cloud"))).toEqual([
      "/etc/condor-cloud",
      "/etc/condor-cloud/node.json",
      `${CONDOR_FILE}~`,
    ]);
    await eventually("the node to offer no machines", canRunMachines, (said) =>
      /^(?:false|undefined) undefined$/.test(said),
    );
    // As often as it is asked for, and to the end: node.json is gone by the second time.
    await onNode("cp", "/etc/condor-cloud/node.json", "/root/node.json");
    for (const time of ["first", "second"]) {
      const purged = await onNode("node", INSTALLER, "uninstall", "--purge");
      expect([time, purged]).toMatchObject([time, { exitCode: 0 }]);
    }
    expect((await onNode("find", "/var/lib/condor-cloud", "-mindepth", "1")).output).not.toMatch(/^\//m);
    await onNode("mkdir", "/etc/condor-cloud");
    await onNode("cp", "/root/node.json", "/etc/condor-cloud/node.json");
    const again = await onNode("node", INSTALLER, "install", "--apply");
    expect(again).toMatchObject({ exitCode: 0 });
    await healthy();
    expect(await canRunMachines()).toBe("true kvm");
  });
});

/** Starts a machine of the small guest and waits until it runs. @returns its id */
async function startMachine(): Promise<string> {
  const source = await smallGuest({ reporter: silentReporter });
  const urn = (type: string, name: string) => `urn:pulumi:s::p::pulumi-nodejs:dynamic/condor:${type}::${name}`;
  const image = await checkImage({ resourceUrn: urn("Image", "guest"), source }, new Set(), context, {}, operation());
  expect(image.failures).toEqual([]);
  const { id: reference } = await createImage(image.inputs, context, operation());
  const given = {
    resourceUrn: urn("Instance", "web"),
    image: reference,
    profile: { memoryMiB: 160, vcpus: 1 },
  };
  const instance = await checkInstance(given, new Set(), context);
  expect(instance.failures).toEqual([]);
  return (await createInstance(instance.inputs, context, operation())).id;
}
