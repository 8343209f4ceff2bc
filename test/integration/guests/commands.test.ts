import { randomBytes } from "node:crypto";
import { appendFile, copyFile, mkdtemp, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { ImageReferenceText } from "../../../contract/image-reference.ts";
import { dataPath } from "../../../contract/store-layout.ts";
import { runIn } from "../../../sandbox/machine.ts";
import { submitAs } from "../hostile/condor.ts";
import { condorCloud } from "../pool/command-line.ts";
import type { TestImage } from "../pool/images.ts";
import { TestMachines } from "../pool/machines.ts";
import { executeNode, theSandbox } from "../pool/nodes.ts";
import { queue } from "../pool/queue.ts";
import { eventually } from "../pool/wait.ts";

const run = (...words: string[]) => condorCloud(words);

/** What a command that has to succeed printed, parsed. */
async function json(...words: string[]) {
  const { exitCode, stdout, stderr } = await run(...words, "--json");
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
  return JSON.parse(stdout);
}

/** A virtual machine as somebody submits it who does not know this package; no node takes it. */
const BY_HAND = `universe = vm
vm_type = kvm
vm_memory = 64
request_memory = 64
request_disk = 1024
vm_disk = /dev/null:null:null
vm_no_output_vm = true
executable = byhand
initialdir = /
requirements = False
queue
`;

/** A disk is whole sectors. */
const SECTOR_BYTES = 512;

/** Another ordinary user of the pool. */
const OTHER = "mallory";

/** Waits until a machine of this name is in the queue. */
async function queued(name: string): Promise<void> {
  const isThere = (jobs: Record<string, unknown>[]) => jobs.some((job) => job.CloudName === name);
  await eventually(`the job of ${name}`, queue, isThere);
}

let folder: string;
let store: string;
let source: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "condor-cloud-commands-"));
  store = inject("environment").CONDOR_CLOUD_STORE ?? "";
  source = join(folder, "commands-guest.qcow2");
  await copyFile(dataPath(store, ImageReferenceText.parse(inject("smallImage")).digest), source);
  // Bytes of its own behind what a guest reads, so that no other image in the store keeps them there.
  await appendFile(source, randomBytes(SECTOR_BYTES));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("on an empty pool", () => {
  test("the list of machines says that there is none, and is empty for programs", async () => {
    expect(await run("instance", "list")).toMatchObject({
      exitCode: 0,
      stdout: "No machine in the queue.",
      stderr: "",
    });
    expect(await json("instance", "list")).toEqual([]);
  });

  test("a machine that is none fails, and a command line that cannot be read is wrong usage", async () => {
    const none = await run("instance", "show", "nobody");
    expect(none).toMatchObject({ exitCode: 1, stdout: "" });
    expect(none.stderr).toMatch(/^There is no machine "nobody" in the queue\./);
    for (const words of [
      ["instance", "show"],
      ["instance"],
      ["image", "list", "--jsn"],
      ["instance", "list", "--watch", "no"],
    ]) {
      expect(await run(...words)).toMatchObject({ exitCode: 2, stdout: "" });
    }
    expect((await run("--help")).stdout).toMatch(/Exit codes:\n +0 +done\n/);
  });

  test("nobody is asked where there is no terminal", async () => {
    expect(await run("image", "remove", "small")).toMatchObject({ exitCode: 2 });
    expect((await run("image", "list")).stdout).toMatch(/^small /m);
  });
});

describe("with fifty machines that queue", () => {
  const machines = new TestMachines();
  beforeAll(async () => {
    const { digest } = ImageReferenceText.parse(inject("smallImage"));
    const image: TestImage = { reference: inject("smallImage"), digest, path: dataPath(store, digest), sizeMiB: 16 };
    await machines.submit(image, { count: 50, only: { ...(await executeNode(1)), host: "nowhere.test" } });
  });
  afterAll(() => machines.endAll());

  test("the table has a line for each, with age, stack and owner", async () => {
    const [headings, ...lines] = (await run("instance", "list")).stdout.split("\n");
    expect(headings?.split(/ {2,}/)).toEqual([
      "NAME",
      "PROFILE",
      "STATE",
      "EXECUTE NODE",
      "IP ADDRESS",
      "VNC",
      "AGE",
      "LEASE",
      "JOB",
      "STACK",
      "OWNER",
    ]);
    expect(lines).toHaveLength(50);
    expect(lines[0]?.split(/ {2,}/)).toEqual([
      expect.stringMatching(/^m\d+-0$/),
      ...["custom", "queued", "-", "-", "-"],
      expect.stringMatching(/^\d+[ms]( \d+s)?$/),
      "-",
      expect.stringMatching(/^\d+\.0$/),
      expect.stringMatching(/^test\/m\d+-0$/),
      "cloud",
    ]);
  });

  test("programs get the same, of one account or of all", async () => {
    const all = await json("instance", "list");
    expect(all).toHaveLength(50);
    expect(all[0]).toMatchObject({
      state: "queued",
      owner: "cloud",
      memoryMiB: 128,
      acknowledged: true,
      claim: { by: "stack" },
    });
    expect(await json("instance", "list", "--mine")).toHaveLength(50);
    expect(await json("instance", "list", "--label", "team=shop")).toEqual([]);
  });

  test("one of them says why no node takes it", async () => {
    const [{ name, jobId }] = await json("instance", "list");
    const { stdout } = await run("instance", "show", name);
    expect(stdout).toMatch(new RegExp(`^name +${name}\\nid .*\\njob +${jobId}\\n`));
    expect(stdout).toMatch(/\nstate +queued\n[\s\S]*\nIt queues because:\n {2}.*/);
    expect((await json("instance", "show", jobId)).queueing).not.toEqual([]);
  });

  test("a watched list is shown again and again, a line each time for programs", async () => {
    const watching = run("instance", "list", "--json", "--watch", "0.2");
    let shown = "";
    watching.stdout?.on("data", (text) => {
      shown += text;
      if (shown.split("\n").length > 2) watching.kill("SIGINT");
    });
    await watching;
    const [first = "", second = ""] = shown.split("\n");
    expect(JSON.parse(first)).toHaveLength(50);
    expect(JSON.parse(second)).toHaveLength(50);
  });

  test("all are terminated by one command", async () => {
    const all: { jobId: string }[] = await json("instance", "list");
    const numbers = all.map(({ jobId }) => jobId);
    const gone: { jobId: string; gone: boolean }[] = await json("instance", "terminate", "--yes", ...numbers);
    expect(gone.map(({ jobId }) => jobId)).toEqual(numbers);
    expect(gone.every((machine) => machine.gone)).toBe(true);
    expect(await json("instance", "list")).toEqual([]);
  });
});

describe("a machine that nobody claims", () => {
  beforeAll(async () => {
    await runIn((await theSandbox()).manager, ["useradd", "--create-home", "--shell", "/bin/sh", OTHER]);
  });
  afterAll(async () => {
    await runIn((await theSandbox()).manager, ["userdel", "--force", OTHER]);
  });

  test("is listed with its owner and age, shown and terminated, though somebody submitted it by hand", async () => {
    const jobId = await submitAs("cloud", BY_HAND);
    expect(await json("instance", "list")).toMatchObject([
      { name: "", jobId, owner: "cloud", claim: { by: "nobody" } },
    ]);
    expect((await run("instance", "list")).stdout).toMatch(
      new RegExp(`\n- +- +queued .* ${jobId} +\\(by hand\\) +cloud$`),
    );
    expect((await run("instance", "show", jobId)).stdout).toMatch(/\nstack +\(by hand\)\nowner +cloud\n/);
    expect((await run("instance", "terminate", "--yes", jobId)).stdout).toBe(`Job ${jobId} is gone.`);
    expect(await json("instance", "list")).toEqual([]);
  });

  test("of another account is listed and not terminated, in HTCondor's words", async () => {
    const jobId = await submitAs(OTHER, BY_HAND);
    expect(await json("instance", "list", "--mine")).toEqual([]);
    const { exitCode, stderr } = await run("instance", "terminate", "--yes", jobId);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(new RegExp(`^The job ${jobId} was not removed\\.\n +\\S.*\n +It belongs to ${OTHER}`));
    await runIn((await theSandbox()).manager, ["condor_rm", jobId]);
    await eventually("the job to be gone", queue, (jobs) => jobs.length === 0);
  });
});

describe("an image", () => {
  test("is added by its file's name, listed, shown and removed", async () => {
    const added = await run("image", "add", source, "--label", "team=shop", "--description", "of the commands");
    expect(added).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^commands-guest@sha256:[0-9a-f]{64}$/) });
    const [shown] = (await json("image", "list")).filter(({ name }: { name: string }) => name === "commands-guest");
    expect(shown).toMatchObject({ reference: added.stdout, format: "qcow2", labels: { team: "shop" } });
    expect((await run("image", "list")).stdout).toMatch(
      /^commands-guest +[0-9a-f]{12} +qcow2 +\d+ MiB +\d+ MiB +x86_64 +bios +\S+Z$/m,
    );
    expect(await json("image", "show", "commands-guest")).toMatchObject({ ...shown, machineType: "q35", machines: [] });
    expect(await json("image", "remove", "--yes", "commands-guest")).toEqual([added.stdout]);
    const gone = await run("image", "show", "commands-guest");
    expect(gone).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(/has no image "commands-guest"/) });
  });

  test("that is none is not added, and nothing of it stays", async () => {
    const before = await readdir(store, { recursive: true });
    const text = join(folder, "text.qcow2");
    await writeFile(text, "[Domain]\nname=evil\n".repeat(100));
    const refused = await run("image", "add", text, "--name", "../evil");
    expect(refused).toMatchObject({ exitCode: 1, stdout: "" });
    expect(refused.stderr).toMatch(/^The image .* was not added\.\n {2}--name: /);
    expect(await readdir(store, { recursive: true })).toEqual(before);
  });
});

describe("a machine that a person launches", () => {
  const SIZE = ["--memory", "128", "--vcpus", "1"];
  let reference: string;

  beforeAll(async () => {
    reference = (await run("image", "add", source, "--name", "launched")).stdout;
  });
  afterAll(async () => {
    const left: { jobId: string }[] = await json("instance", "list");
    if (left.length > 0) await run("instance", "terminate", "--yes", ...left.map(({ jobId }) => jobId));
    await run("image", "remove", "--yes", "launched");
    await run("image", "prune");
  });

  test("runs with an address, is theirs, and cannot be launched twice", async () => {
    const web = await json(
      "instance",
      "launch",
      "launched",
      "--name",
      "web",
      ...SIZE,
      "--label",
      "team=shop",
      "--lease",
      "1h",
    );
    expect(web).toMatchObject({
      name: "web",
      state: "running",
      image: reference,
      acknowledged: true,
      labels: { team: "shop" },
    });
    expect(web).toMatchObject({ claim: { by: "person" }, ipAddress: expect.stringMatching(/^\d+(\.\d+){3}$/) });
    expect((await run("instance", "list", "--label", "team=shop")).stdout).toMatch(
      /\nweb .* (1h|5\dm( \d+s)?) left .* launched by \S+ +cloud$/,
    );
    const again = await run("instance", "launch", "launched", "--name", "web", ...SIZE);
    expect(again).toMatchObject({ exitCode: 1, stdout: "" });
    expect(again.stderr).toContain(`exists already: job ${web.jobId}`);
    expect(await queue()).toHaveLength(1);
  });

  test("keeps its image in the store, also when the name moves on, until it is terminated", async () => {
    const refused = await run("image", "remove", "--yes", "launched");
    expect(refused).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/is not removed: 1 machine uses it\.\n +web /),
    });
    const changed = join(folder, "changed.qcow2");
    await copyFile(source, changed);
    await appendFile(changed, randomBytes(SECTOR_BYTES));
    await run("image", "add", changed, "--name", "launched");
    const { digest } = ImageReferenceText.parse(reference);
    const dead = join(store, "sha256", ".incoming-elsewhere.1.abc");
    await writeFile(dead, "half");
    await utimes(dead, new Date(0), new Date(0));

    const temporary = { kind: "temporary", path: dead };
    expect(await json("image", "prune", "--dry-run")).toMatchObject({
      dryRun: true,
      removed: [temporary],
      kept: [{ digest }],
    });
    expect((await run("image", "prune")).stdout).toMatch(
      /^Kept the image [0-9a-f]{12}, which was launched: needed by web \(.*\)\.\nRemoved what a writer/,
    );

    expect((await run("instance", "terminate", "--yes", "web")).stdout).toMatch(/^web \(.*\) is gone\.$/);
    expect(await json("image", "prune")).toMatchObject({
      dryRun: false,
      removed: [{ kind: "image", digest, names: ["launched"] }],
    });
    expect(await json("image", "prune")).toMatchObject({ removed: [], kept: [], freedBytes: 0 });
    expect((await run("image", "show", "launched")).exitCode).toBe(0);
  });

  test("and gives up by Ctrl-C is left acknowledged, told of, and exits 130", async () => {
    const launching = run("instance", "launch", "launched", "--name", "left", ...SIZE, "--wait-for", "tcp:1");
    await queued("left");
    launching.kill("SIGINT");
    const { exitCode, stderr } = await launching;
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 130 });
    expect(stderr).toMatch(
      /The machine left \(\d+\.0\) is left and is yours: .*`condor-cloud instance terminate \d+\.0` removes it\./,
    );
    expect(await json("instance", "list")).toMatchObject([{ name: "left", acknowledged: true }]);
    await run("instance", "terminate", "--yes", "left");
  });

  test("whose launch was killed is nobody's yet, and the same launch goes on with it", async () => {
    const words = ["instance", "launch", "launched", "--name", "killed", ...SIZE];
    const launching = run(...words, "--wait-for", "tcp:1");
    await queued("killed");
    launching.kill("SIGKILL");
    await launching;
    const [killed] = await json("instance", "list");
    expect(killed).toMatchObject({ name: "killed", acknowledged: false, claim: { by: "nobody-yet" } });
    expect((await run("instance", "list")).stdout).toMatch(/ \(unclaimed yet\) +cloud/);
    expect((await run("instance", "show", "killed")).stdout).toMatch(/\nunless claimed +HTCondor removes it at \S+Z/);
    const again = await json(...words, "--wait-for", "submitted");
    expect(again).toMatchObject({ id: killed.id, acknowledged: true, claim: { by: "person" } });
    await run("instance", "terminate", "--yes", "killed");
  });
});
