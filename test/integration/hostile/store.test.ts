/** What somebody tries who may write to the image store's folder: images and manifests put there past the provider. */

import { mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ImageReferenceText } from "../../../contract/image-reference.ts";
import { dataPath, manifestFolder } from "../../../contract/store-layout.ts";
import { runIn } from "../../../sandbox/machine.ts";
import { theSandbox } from "../pool/nodes.ts";
import { eventually } from "../pool/wait.ts";
import { ATTACKER, type Job, jobs, remove, submitAs, told } from "./condor.ts";
import { honestJob, tampered } from "./jobs.ts";
import { plant } from "./store.ts";
import { expectUnharmed, theVictim, type Victim } from "./victim.ts";

const KIB = 1024;

let victim: Victim;
let store: string;
const ids: string[] = [];
const planted: string[] = [];

/** An image that the node's own qemu-img makes. */
async function qemuImage(name: string, ...parameters: string[]): Promise<Buffer> {
  const path = `/tmp/hostile-${name}`;
  await runIn(victim.node, ["qemu-img", "create", "-q", "-f", "qcow2", ...parameters, path, "1M"]);
  return Buffer.from(await runIn(victim.node, ["base64", "-w0", path]), "base64");
}

/** An image whose data file is one of the host; made with another name of the same length, which QEMU would overwrite. */
async function withDataFile(): Promise<Buffer> {
  const image = await qemuImage("data", "-o", "data_file=/tmp/shadow,data_file_raw=on");
  return Buffer.from(image.toString("latin1").replaceAll("/tmp/shadow", "/etc/shadow"), "latin1");
}

async function submit(name: string, reference: string): Promise<string> {
  const id = await submitAs(ATTACKER, tampered(honestJob(name, reference), []));
  ids.push(id);
  return id;
}

async function jobWhen(id: string, what: string, wanted: (job: Job) => boolean, seconds = 60): Promise<Job> {
  const found = await eventually(
    `job ${id} to be ${what}`,
    async () => (await jobs()).get(id),
    (job) => job !== undefined && wanted(job),
    seconds,
  );
  if (found === undefined) throw new Error(`Job ${id} left the queue.`);
  return found;
}

async function expectHeld(tried: string, reference: string, reason: RegExp): Promise<void> {
  const sinceMs = Date.now();
  const id = await submit("planted", reference);
  const job = await jobWhen(id, "held", ({ status }) => status === "held");
  expect(job.holdReason).toMatch(reason);
  await expectUnharmed(victim, { tried, happened: `held: ${told(job)}`, sinceMs });
}

beforeAll(async () => {
  victim = await theVictim();
  store = (await theSandbox()).store;
});

afterAll(async () => {
  await remove(...ids);
  for (const path of planted) await rm(path, { force: true });
});

describe("an image that leads to a file of the host is refused", () => {
  test("as its backing file", async () => {
    const bytes = await qemuImage("backed", "-b", "/etc/shadow", "-F", "raw");
    await expectHeld(
      "a qcow2 with /etc/shadow as backing file",
      await plant(store, "backed", bytes, { format: "qcow2" }),
      /overlay/,
    );
  });

  test("as its data file", async () => {
    const reference = await plant(store, "split", await withDataFile(), { format: "qcow2" });
    await expectHeld("a qcow2 with /etc/shadow as data file", reference, /second file/);
  });

  test("and a raw image that looks like such a qcow2 is bytes to its guest", async () => {
    const sinceMs = Date.now();
    const bytes = Buffer.concat([await qemuImage("raw", "-b", "/etc/shadow", "-F", "raw"), Buffer.alloc(512)]);
    const reference = await plant(store, "looks", bytes, { format: "raw", virtualSizeBytes: bytes.length });
    const id = await submit("looks", reference);
    const domain = await eventually(
      "the machine's domain",
      async () => {
        const { executeNodes } = await theSandbox();
        const lists = await Promise.all(
          executeNodes.map((node) => runIn(node, ["virsh", "-c", "qemu:///system", "list", "--name"])),
        );
        return executeNodes.flatMap((node, index) =>
          (lists[index] ?? "").split("\n").flatMap((name) => (name.endsWith(`_${id}`) ? [{ node, name }] : [])),
        )[0];
      },
      (found) => found !== undefined,
    );
    if (domain === undefined) throw new Error("There is no domain.");
    const xml = await runIn(domain.node, ["virsh", "-c", "qemu:///system", "dumpxml", domain.name]);
    expect(xml).toMatch(/<backingStore type='file'[^>]*>\s*<format type='raw'\/>/);
    expect(xml).not.toContain("/etc/shadow");
    await expectUnharmed(victim, {
      tried: "raw bytes that look like an overlay of /etc/shadow",
      happened: "given to the guest as bytes",
      sinceMs,
    });
    await remove(id);
  });
});

test("a manifest that lies about the format is found out", async () => {
  const reference = await plant(store, "lies", Buffer.alloc(64 * KIB, 7), { format: "qcow2" });
  await expectHeld("a manifest that calls other bytes qcow2", reference, /manifest says qcow2/);
});

describe("what is no regular file in the store stops no agent", () => {
  const digest = (digit: string) => digit.repeat(64);

  async function plantAs(name: string, digit: string, make: (path: string) => Promise<unknown>): Promise<string> {
    const reference = await plant(store, name, Buffer.from(name), { format: "raw", digest: digest(digit) });
    const path = dataPath(store, ImageReferenceText.parse(`${name}@sha256:${digest(digit)}`).digest);
    await mkdir(dirname(path), { recursive: true });
    await make(path);
    planted.push(path, join(manifestFolder(store), `${name}.json`));
    return reference.replace(/sha256:.*/, `sha256:${digest(digit)}`);
  }

  test("a pipe in place of the bytes", async () => {
    const reference = await plantAs("pipe", "1", (path) => execa("mkfifo", [path]));
    await expectHeld("a pipe in place of an image", reference, /regular file/);
  });

  test("a link to an endless device", async () => {
    const reference = await plantAs("endless", "2", (path) => symlink("/dev/zero", path));
    await expectHeld("a link to /dev/zero in place of an image", reference, /regular file|link/);
  });

  test("a link to a file of the node", async () => {
    const reference = await plantAs("linked", "3", (path) => symlink("/etc/passwd", path));
    await expectHeld("a link to a file of the node in place of an image", reference, /regular file|link/);
  });

  test("a pipe and a file of 64 MB among the manifests", async () => {
    const pipe = join(manifestFolder(store), "a-pipe.json");
    const big = join(manifestFolder(store), "a-big.json");
    planted.push(pipe, big);
    await execa("mkfifo", [pipe]);
    await writeFile(big, Buffer.alloc(64 * KIB * KIB, 32));
    await expectHeld("a pipe and 64 MB among the manifests", `a-pipe@sha256:${digest("4")}`, /no image|regular file/);
  });
});
