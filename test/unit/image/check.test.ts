import { mkdir, rename, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Context } from "../../../provider/context.ts";
import { openPool } from "../../../provider/htcondor/pool.ts";
import { checkImage } from "../../../provider/image/check.ts";
import { Operation } from "../../../provider/operation.ts";
import { readSettings } from "../../../provider/settings.ts";
import { FolderStore } from "../../../provider/store/folder-store.ts";
import { qcow2, temporaryFolder } from "../store/images.ts";

const none = new Set<string>();
const resourceUrn = "urn:pulumi:dev::shop::pulumi-nodejs:dynamic/condor:Image::debian";

/** A check touches neither pool nor store; it only wants to know that a store is configured. */
function context(store: string | undefined = "/store"): Context {
  const settings = readSettings({}, {});
  return { settings, pool: openPool(settings), store: store === undefined ? undefined : new FolderStore(store) };
}

async function disk(name = "disk.qcow2"): Promise<string> {
  const path = join(await temporaryFolder(), name);
  await writeFile(path, qcow2());
  return path;
}

function check(
  inputs: Record<string, unknown>,
  options: { olds?: Record<string, unknown>; unknown?: Set<string>; operation?: Operation; context?: Context } = {},
) {
  return checkImage(
    { resourceUrn, ...inputs },
    options.unknown ?? none,
    options.context ?? context(),
    options.olds ?? {},
    options.operation ?? new Operation(),
  );
}

/** An operation that counts how often a file was read. */
function counting() {
  const reads: string[] = [];
  return { reads, operation: new Operation({ progress: (message) => reads.push(message) }) };
}

describe("checking an image", () => {
  test("fills in the defaults, the resource's own name among them, and the content's digest", async () => {
    const { inputs, failures } = await check({ source: await disk() });
    expect(failures).toEqual([]);
    expect(inputs).toMatchObject({ name: "debian", architecture: "x86_64", firmware: "bios" });
    expect(inputs).toMatchObject({ machineType: "q35", description: "", labels: {}, resourceUrn });
    expect(inputs.digest).toMatch(/^[0-9a-f]{64}$/);
  });

  test("takes the only disk image of a folder", async () => {
    const path = await disk();
    const folder = join(path, "..");
    await writeFile(join(folder, "README.md"), "");
    const [byFile, byFolder] = [await check({ source: path }), await check({ source: folder })];
    expect(byFolder.failures).toEqual([]);
    expect(byFolder.inputs.digest).toBe(byFile.inputs.digest);
  });

  test.each([
    ["none", [], /exactly one disk image.*\n.*holds none/],
    ["two", ["a.img", "b.raw"], /exactly one disk image.*\n.*a\.img, b\.raw/],
  ])("says what is in a folder that holds %s", async (_what, names, reason) => {
    const folder = await temporaryFolder();
    for (const name of names) await writeFile(join(folder, name), qcow2());
    expect((await check({ source: folder })).failures[0]).toMatchObject({
      property: "source",
      reason: expect.stringMatching(reason),
    });
  });

  test("says that a source does not exist, is no file, or is no disk image", async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, "bad.img"), "<html>");
    const reasons = [];
    for (const source of [join(folder, "nothing"), "/dev/null", join(folder, "bad.img")]) {
      const { failures } = await check({ source });
      expect(failures).toHaveLength(1);
      reasons.push(failures[0]?.reason);
    }
    expect(reasons[0]).toMatch(/nothing does not exist/);
    expect(reasons[1]).toMatch(/neither a file nor a folder/);
    expect(reasons[2]).toMatch(/cannot serve as a disk image/);
  });

  test("names each argument that is wrong, with what was expected", async () => {
    const { failures } = await check({
      source: "",
      name: "Not A Name",
      architecture: "sparc",
      firmware: "coreboot",
      machineType: "microvm",
      labels: { "bad key": "x" },
      sources: "typo",
    });
    expect(failures.map(({ property }) => property).sort()).toEqual([
      "architecture",
      "firmware",
      "labels",
      "machineType",
      "name",
      "source",
      "sources",
    ]);
    expect(failures.find(({ property }) => property === "sources")?.reason).toMatch(
      /no such argument; it has source, name/,
    );
  });

  test("gives an image of another architecture the machine that suits it, unless one is asked for", async () => {
    const source = await disk();
    expect((await check({ source, architecture: "i686" })).inputs.machineType).toBe("pc");
    expect((await check({ source, architecture: "i686", machineType: "q35" })).inputs.machineType).toBe("q35");
    const unknown = new Set(["architecture"]);
    expect((await check({ source, architecture: "?" }, { unknown })).inputs.machineType).toBeUndefined();
  });

  test("refuses UEFI for an architecture that no execute node has it for", async () => {
    const { failures } = await check({ source: await disk(), architecture: "i686", firmware: "uefi" });
    expect(failures).toEqual([{ property: "firmware", reason: expect.stringMatching(/"uefi".*i686.*give "bios"/) }]);
  });

  test("asks for a name when the resource's own cannot serve", async () => {
    const urn = "urn:pulumi:dev::shop::pulumi-nodejs:dynamic/condor:Image::My::Debian";
    const { failures } = await check({ source: await disk(), resourceUrn: urn });
    expect(failures).toEqual([{ property: "name", reason: expect.stringMatching(/"My::Debian".*give one/) }]);
  });

  test("says how to configure a store when there is none", async () => {
    const without = { ...context(), store: undefined };
    const { failures } = await check({ source: await disk() }, { context: without });
    expect(failures).toEqual([
      { property: "source", reason: expect.stringMatching(/condor:store.*CONDOR_CLOUD_STORE/) },
    ]);
  });

  test("takes what is not known yet as it is", async () => {
    const unknown = new Set(["source", "labels"]);
    const { inputs, failures } = await check({ source: "?", labels: "?" }, { unknown });
    expect(failures).toEqual([]);
    expect(inputs).toMatchObject({ source: "?", labels: "?" });
    expect(inputs).not.toHaveProperty("digest");
  });
});

describe("the digest of an unchanged file", () => {
  /** What fresh files lack: times that are over. */
  async function settled(path: string): Promise<void> {
    await utimes(path, new Date(0), new Date(0));
    await new Promise((resolve) => setTimeout(resolve, 2_050));
  }

  test("is not computed again, and that of a changed one is, be its time and size as before", async () => {
    const path = await disk();
    await settled(path);
    const first = await check({ source: path });
    const again = counting();
    expect((await check({ source: path }, { olds: first.inputs, ...again })).inputs).toEqual(first.inputs);
    expect(again.reads).toEqual([]);

    const other = qcow2();
    other.write("changed", 0x20000);
    await writeFile(path, other);
    await settled(path);
    const changed = counting();
    const second = await check({ source: path }, { olds: first.inputs, ...changed });
    expect(changed.reads).not.toEqual([]);
    expect(second.inputs.digest).not.toBe(first.inputs.digest);

    const folder = join(path, "..", "elsewhere");
    await mkdir(folder);
    await rename(path, join(folder, "disk.qcow2"));
    const moved = await check({ source: join(folder, "disk.qcow2") }, { olds: second.inputs });
    expect(moved.inputs.digest).toBe(second.inputs.digest);
  });

  test("is computed again while the file is so fresh that its times prove nothing", async () => {
    const path = await disk();
    const first = await check({ source: path });
    expect(first.inputs.sourceStamp).toBeUndefined();
    const again = counting();
    await check({ source: path }, { olds: first.inputs, ...again });
    expect(again.reads).not.toEqual([]);
  });
});
