import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { diskSizeBytes, InstanceFolders, instanceFolderName } from "../../../execute-node/agent/instance-folders.ts";

const GIB = 1024 ** 3;

test("a folder's name tells the job and differs between access points and pools", () => {
  const names = ["ap1#7.0#1764000000", "ap2#7.0#1764000000", "ap1#7.0#1764000001", "a.p1#7.0#1764000000"].map(
    instanceFolderName,
  );
  expect(new Set(names).size).toBe(4);
  for (const name of names) expect(name).toMatch(/^7\.0-[0-9a-f]{16}$/);
});

test.each(["../../etc#1.0#1", "ap#1.0#1/../x", "ap#..#1", "ap/#1.0#1", "ap#1.0#1\n", "", `${"a".repeat(400)}#1.0#1`])(
  "no folder is named after what is no GlobalJobId: %j",
  (text) => expect(() => instanceFolderName(text)).toThrow(),
);

test("a disk is as large as asked for, and never smaller than its image", () => {
  const spec = {
    name: "web",
    image: `small@sha256:${"a".repeat(64)}`,
    profile: "small",
    network: "default",
    macAddress: "02:00:00:00:00:01",
    labels: {},
    gracefulStop: false,
  };
  const size = { memoryMiB: 512, vcpus: 1 };
  const image = { virtualSizeBytes: 2.5 * GIB };
  expect(diskSizeBytes({ ...spec, size }, image)).toBe(2.5 * GIB);
  expect(diskSizeBytes({ ...spec, size: { ...size, diskGiB: 20 } }, image)).toBe(20 * GIB);
  expect(() => diskSizeBytes({ ...spec, size: { ...size, diskGiB: 2 } }, image)).toThrow(
    "A disk of 2 GiB is smaller than its image small. Ask for at least 3 GiB.",
  );
});

test("only a folder without a record goes when an agent starts; one whose record cannot be read may hold a live disk", async () => {
  const folder = await mkdtemp(join(tmpdir(), "folders-test-"));
  const [half, damaged] = ["ap#1.0#1", "ap#2.0#1"].map(instanceFolderName);
  for (const name of [half, damaged, `${damaged}.0.tmp`]) await mkdir(join(folder, name ?? ""));
  await writeFile(join(folder, damaged ?? "", "machine.json"), "{");
  const folders = new InstanceFolders(folder, () => {});
  expect(await folders.open()).toEqual([]);
  expect(await readdir(folder)).toEqual([damaged]);
  expect([...folders.unreadable]).toEqual([damaged]);
  await folders.removeUnreadable(damaged ?? "");
  expect(await readdir(folder)).toEqual([]);
  expect(folders.unreadable.size).toBe(0);
  await rm(folder, { recursive: true });
});
