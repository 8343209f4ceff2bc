import { appendFile, mkdir, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { Consoles } from "../../../execute-node/agent/consoles.ts";
import { InstanceFolders, instanceFolderName, MachineRecord } from "../../../execute-node/agent/instance-folders.ts";
import { SPEC } from "./samples.ts";

const RECORD: MachineRecord = {
  schema: 1,
  globalJobId: "ap#7.0#1764000000",
  user: "cloud@pool.test",
  spec: SPEC,
  image: { digest: "a".repeat(64), format: "qcow2", architecture: "x86_64", firmware: "uefi", machineType: "q35" },
  vncPassword: "s3cretPw",
  preparedAt: 1764000000,
};

async function newFolders() {
  const folder = await mkdtemp(join(tmpdir(), "folders-test-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const [instances, kept] = [join(folder, "instances"), join(folder, "consoles")];
  for (const each of [instances, kept]) await mkdir(each);
  const consoles = new Consoles(kept, { maxBytes: 1000, keepSeconds: 3600 }, () => {});
  return { instances, consoles, folders: new InstanceFolders(instances, consoles, () => {}) };
}

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

test("only a folder without a record goes when an agent starts; one whose record cannot be read may hold a live disk", async () => {
  const { folders, instances: folder } = await newFolders();
  const [half, damaged] = ["ap#1.0#1", "ap#2.0#1"].map(instanceFolderName);
  for (const name of [half, damaged, `${damaged}.0.tmp`]) await mkdir(join(folder, name ?? ""));
  await writeFile(join(folder, damaged ?? "", "machine.json"), "{");
  expect(await folders.open()).toEqual([]);
  expect(await readdir(folder)).toEqual([damaged]);
  expect([...folders.unreadable]).toEqual([damaged]);
  await folders.removeUnreadable(damaged ?? "");
  expect(await readdir(folder)).toEqual([]);
  expect(folders.unreadable.size).toBe(0);
});

test("a machine's record, with the password of its console, is its agent's alone, and a new agent finds it", async () => {
  const { folders } = await newFolders();
  await mkdir(folders.pathOf(RECORD.globalJobId));
  await folders.write(RECORD);
  expect((await stat(join(folders.pathOf(RECORD.globalJobId), "machine.json"))).mode & 0o777).toBe(0o600);
  expect(await folders.open()).toEqual([RECORD]);
});

test("a record of an earlier version reads as what its machine was", () => {
  const { digest, format, architecture } = RECORD.image;
  const earlier = { ...RECORD, image: { digest, format, architecture }, vncPassword: undefined };
  expect(MachineRecord.parse(earlier).image).toMatchObject({ firmware: "bios", machineType: "pc" });
});

test("a machine's console outlives its folder", async () => {
  const { folders, consoles } = await newFolders();
  await mkdir(folders.pathOf(RECORD.globalJobId));
  await appendFile(folders.consolePath(RECORD.globalJobId), "GUEST-UP 3.1\r\n");
  await folders.remove(RECORD.globalJobId);
  expect(await consoles.list()).toMatchObject([{ globalJobId: RECORD.globalJobId, bytes: 14 }]);
});

test("what is no instance folder is left alone", async () => {
  const { folders, instances } = await newFolders();
  const foreign = ["lost+found", "notes.tmp", "1.0-short"];
  for (const name of foreign) await mkdir(join(instances, name));
  expect(await folders.open()).toEqual([]);
  expect((await readdir(instances)).sort()).toEqual(foreign.sort());
  expect(folders.unreadable.size).toBe(0);
});

test("removals of one machine that overlap leave nothing, and no failure", async () => {
  const { folders, instances } = await newFolders();
  await mkdir(folders.pathOf(RECORD.globalJobId));
  await Promise.all([folders.remove(RECORD.globalJobId), folders.remove(RECORD.globalJobId)]);
  expect(await readdir(instances)).toEqual([]);
});
