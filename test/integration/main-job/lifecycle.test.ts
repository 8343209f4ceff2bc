import { copyFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import type { InstanceOutputs } from "../../../provider/instance/outputs.ts";
import { guestAnswer } from "../pool/guest-answer.ts";
import { condor, queue } from "../pool/queue.ts";
import { makeStack, type TestStack } from "../pool/stack.ts";
import { eventually } from "../pool/wait.ts";
import { cachedImages, domains, instanceFolders, onNode, storeFiles } from "./pool.ts";

/** A machine as the program sees it. */
type Machine = InstanceOutputs & { id: string };

/** Text that would break out of a submit description, a ClassAd or a command line if anything let it. */
const HOSTILE_LABELS = {
  quotes: `" ' \\" \\`,
  macros: "$(HOME) $ENV(HOME) $$(Memory) %s",
  lines: "one\ntwo\r\nqueue 9\n)\n",
  words: "a; b, c && d | e # f",
  "not/ascii": "ümläut 🚀 \u0000",
  long: "x".repeat(10_000),
};

const LABELS = { note: `quotes " ' \\ $(HOME) $ENV(HOME) ; \n new line, ümläut 🚀`, "team/role": "web" };

/** The machine that most tests are about. */
const WEB = { profile: { memoryMiB: 128, vcpus: 1 }, watchdog: "poweroff" } as const;

/** What the version before this one neither knew nor wrote into a state. */
const LATER_PROPERTIES = [
  ...["firmware", "machineType", "gracefulStop"],
  ...["lease", "waitFor", "maxQueueSeconds", "adopt", "leaseEndsAt", "ready", "starts", "message"],
];

let world: TestStack;

async function machine(name = "web"): Promise<Machine> {
  const outputs = await world.stack.outputs();
  return outputs.machines?.value[name];
}

/** Nothing of any machine is left: not in the queue, not in libvirt, not on the node's disk. */
async function nothingLeft(): Promise<void> {
  expect(await queue()).toEqual([]);
  await eventually("libvirt's domains to end", domains, (found) => found.length === 0);
  await eventually("instance folders to go", instanceFolders, (found) => found.length === 0);
}

describe("the life of a machine, through the real CLI", () => {
  beforeAll(async () => {
    world = await makeStack("life");
  });
  afterAll(async () => {
    await world.dispose();
  });

  let first: Machine;

  test("`pulumi up` boots a machine that answers at the address it gives back", async () => {
    await world.declare({ web: WEB });
    let output = "";
    await world.stack.up({
      onOutput: (text) => {
        output += text;
      },
    });
    first = await machine();
    expect(output, "progress on the resource's own row").toMatch(
      /condor:Instance web creating \(\d+s\) (queued|starting|running)/,
    );
    expect(first.state).toBe("running");
    expect(first.ipAddress).toMatch(/^10\./);
    expect(first.macAddress).toMatch(/^02(:[0-9a-f]{2}){5}$/);
    expect(first.vncAddress).toMatch(/:59\d\d$/);
    expect(first.host).toContain("exec1");
    expect(Date.parse(first.startedAt)).toBeGreaterThan(Date.now() - 600_000);
    expect(await guestAnswer(first.ipAddress, "/id")).toContain(first.ipAddress);
    expect(await domains()).toHaveLength(1);
    const domain = await onNode("virsh", "-c", "qemu:///system", "dumpxml", (await domains())[0] ?? "");
    expect(domain).toContain(first.macAddress);
    expect(domain).toContain("<watchdog model='i6300esb' action='poweroff'>");
  });

  test("the job is acknowledged, so its deadline removes it no more", async () => {
    const [job] = await queue();
    expect(job).toMatchObject({ CloudAcknowledged: true, CloudName: "web", GlobalJobId: first.id });
  });

  test("the state holds one line of code and no more than 4 KB a machine", async () => {
    const exported = await world.stack.exportStack();
    const resources: { type: string; inputs: Record<string, string> }[] = exported.deployment.resources;
    const instance = resources.find((resource) => resource.type.endsWith("condor:Instance"));
    expect(instance?.inputs.__provider).toBe('exports.handler = () => require("pulumi-condor/dynamic").instance;');
    expect(JSON.stringify(instance).length).toBeLessThan(4096);
  });

  test("a second `pulumi up` changes nothing", async () => {
    const result = await world.stack.up();
    expect(result.summary.resourceChanges).toEqual({ same: 3 });
    expect((await machine()).id).toBe(first.id);
  });

  test("a state that the previous version wrote plans no change", async () => {
    const state = await world.stack.exportStack();
    const resources: { inputs?: object; outputs?: object }[] = state.deployment.resources;
    for (const properties of resources.flatMap(({ inputs, outputs }) => [inputs, outputs])) {
      if (properties === undefined) continue;
      for (const property of LATER_PROPERTIES) Reflect.deleteProperty(properties, property);
    }
    await world.stack.importStack(state);
    expect((await world.stack.preview()).changeSummary).toEqual({ same: 3 });
  });

  test("changed labels are a change in place and reach the job", async () => {
    await world.declare({ web: { ...WEB, labels: LABELS } });
    const result = await world.stack.up();
    expect(result.summary.resourceChanges).toMatchObject({ update: 1, same: 2 });
    expect((await machine()).id).toBe(first.id);
    const [job] = await queue();
    expect(JSON.parse(Buffer.from(String(job?.CloudLabels), "base64").toString())).toEqual(LABELS);
  });

  test("a graceful stop is a change in place and reaches the job", async () => {
    await world.declare({ web: { ...WEB, labels: LABELS, gracefulStop: true } });
    const result = await world.stack.up();
    expect(result.summary.resourceChanges).toMatchObject({ update: 1, same: 2 });
    expect(await machine()).toMatchObject({ id: first.id, gracefulStop: true });
    expect(await queue()).toMatchObject([{ WantGracefulRemoval: true }]);
  });

  test("what somebody changed in the job shows after a refresh, and the next `pulumi up` changes it back", async () => {
    await condor("condor_qedit", first.jobId, "WantGracefulRemoval", "false");
    await world.stack.refresh();
    expect((await world.stack.preview()).changeSummary).toMatchObject({ update: 1, same: 2 });
    await world.stack.up();
    expect(await queue()).toMatchObject([{ GlobalJobId: first.id, WantGracefulRemoval: true }]);
  });

  test("the preview of a changed profile is a replacement that names the property", async () => {
    await world.declare({ web: { profile: { memoryMiB: 160, vcpus: 2 } } });
    const steps: { op: string; keys: string[] }[] = [];
    await world.stack.preview({
      onEvent: (event) => {
        const metadata = event.resourcePreEvent?.metadata;
        if (metadata?.type.endsWith("condor:Instance")) steps.push({ op: metadata.op, keys: metadata.keys ?? [] });
      },
    });
    expect(steps.map((step) => step.op)).toContain("replace");
    expect(steps.flatMap((step) => step.keys)).toContain("profile");
    expect((await machine()).id).toBe(first.id);
    expect(await queue()).toHaveLength(1);
  });

  test("`pulumi up` then replaces the machine, and it keeps its MAC address", async () => {
    await world.stack.up();
    const second = await machine();
    expect(second.id).not.toBe(first.id);
    expect(second.macAddress).toBe(first.macAddress);
    const jobs = await queue();
    expect(jobs).toHaveLength(1);
    expect(jobs[0]).toMatchObject({ GlobalJobId: second.id, JobVMMemory: 160 });
    await eventually("the predecessor's folder to go", instanceFolders, (found) => found.length === 1);
  });

  test("a machine that powered itself off is gone after a refresh, and the next `pulumi up` boots another", async () => {
    const before = await machine();
    expect(await guestAnswer(before.ipAddress, "/cgi-bin/poweroff")).toContain("poweroff");
    await eventually("the job to end", queue, (jobs) => jobs.length === 0);
    const refreshed = await world.stack.refresh();
    expect(refreshed.summary.resourceChanges).toMatchObject({ delete: 1 });
    await world.stack.up();
    expect((await machine()).id).not.toBe(before.id);
  });

  test("a machine removed behind Pulumi's back is gone after a refresh", async () => {
    const before = await machine();
    await condor("condor_rm", before.jobId);
    await eventually("the job to leave the queue", queue, (jobs) => jobs.length === 0);
    const refreshed = await world.stack.refresh();
    expect(refreshed.summary.resourceChanges).toMatchObject({ delete: 1 });
  });

  test("labels of any text, however long, are the same in the job from its submission on", async () => {
    await world.declare({
      web: { profile: { memoryMiB: 128, vcpus: 1 } },
      worker: { profile: { memoryMiB: 128, vcpus: 1 }, labels: HOSTILE_LABELS },
    });
    await world.stack.up();
    const jobs = await queue();
    expect(jobs).toHaveLength(2);
    const worker = jobs.find((job) => job.CloudName === "worker");
    expect(JSON.parse(Buffer.from(String(worker?.CloudLabels), "base64").toString())).toEqual(HOSTILE_LABELS);
  });

  test("`pulumi destroy` leaves nothing in queue, libvirt, store and instance folders", async () => {
    const cached = await cachedImages();
    expect(cached, "one image, however many machines booted from it").toHaveLength(1);
    await world.stack.destroy();
    await nothingLeft();
    expect(await storeFiles()).toEqual([]);
    expect(await cachedImages(), "the cache serves the next machine").toEqual(cached);
  });
});

describe("an image, through the real CLI", () => {
  beforeAll(async () => {
    world = await makeStack("image");
  });
  afterAll(async () => {
    await world.dispose();
  });

  test("changed content replaces the image, and its name points at the new content", async () => {
    const source = join(world.folder, "disk.qcow2");
    await copyFile(inject("guest"), source);
    await world.declare({}, { disk: source });
    await world.stack.up();
    const before = (await world.stack.outputs()).images?.value.disk;
    expect(before.reference).toBe(`disk@sha256:${before.digest}`);
    await writeFile(source, Buffer.alloc(512), { flag: "a" });
    const result = await world.stack.up();
    expect(result.summary.resourceChanges).toMatchObject({ replace: 1 });
    const after = (await world.stack.outputs()).images?.value.disk;
    expect(after.digest).not.toBe(before.digest);
    expect((await storeFiles()).sort()).toEqual(["images/disk.json", `sha256/${after.digest}`].sort());
  });

  test("a changed firmware replaces the image, and its manifest tells the nodes", async () => {
    const source = join(world.folder, "disk.qcow2");
    await world.declare({}, { disk: { source, firmware: "uefi", machineType: "pc" } });
    const result = await world.stack.up();
    expect(result.summary.resourceChanges).toMatchObject({ replace: 1 });
    const image = (await world.stack.outputs()).images?.value.disk;
    expect(image).toMatchObject({ firmware: "uefi", machineType: "pc", architecture: "x86_64" });
    const manifest = await readFile(join(inject("environment").CONDOR_CLOUD_STORE ?? "", "images/disk.json"), "utf8");
    expect(JSON.parse(manifest)).toMatchObject({ digest: image.digest, firmware: "uefi", machineType: "pc" });
  });
});
