import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { Consoles } from "../../../execute-node/agent/consoles.ts";
import { InstanceFolders, instanceFolderName } from "../../../execute-node/agent/instance-folders.ts";
import { Reconciler } from "../../../execute-node/agent/reconciler.ts";

/** A node without machines, whose startd says that one slot runs nothing. */
async function emptyNode() {
  const folder = await mkdtemp(join(tmpdir(), "reconciler-test-"));
  const instances = join(folder, "instances");
  await mkdir(instances);
  const answer = '#!/bin/sh\necho \'[{"Name":"slot1@node","State":"Unclaimed","Activity":"Idle"}]\'\n';
  await writeFile(join(folder, "condor_status"), answer, { mode: 0o755 });
  vi.stubEnv("PATH", `${folder}:${process.env.PATH}`);
  const clock = vi.spyOn(performance, "now").mockReturnValue(0);
  onTestFinished(async () => {
    clock.mockRestore();
    vi.unstubAllEnvs();
    await rm(folder, { recursive: true });
  });
  const log = () => {};
  const folders = new InstanceFolders(instances, new Consoles(folder, { maxBytes: 1, keepSeconds: 0 }, log), log);
  const parts = { folders, startd: "<127.0.0.1:1>", log };
  return {
    instances,
    folders,
    clock,
    reconciler: new Reconciler({ machines: new Map(), remove: async () => {}, parts }),
  };
}

test("a node without machines has nothing to doubt", async () => {
  const { reconciler } = await emptyNode();
  const calm = reconciler.pauseMs;
  reconciler.doubt();
  expect(reconciler.pauseMs).toBeLessThan(calm);
  expect(await reconciler.run([])).toEqual([]);
  expect(reconciler.pauseMs).toBe(calm);
});

test("a folder whose record cannot be read goes when the startd has twice not known its job", async () => {
  const { reconciler, folders, instances, clock } = await emptyNode();
  const name = instanceFolderName("ap#1.0#1764000000");
  await mkdir(join(instances, name));
  await writeFile(join(instances, name, "machine.json"), "{");
  await folders.open();
  expect(await reconciler.run([])).toEqual([]);
  expect(await readdir(instances)).toEqual([name]);
  clock.mockReturnValue(reconciler.pauseMs);
  expect(await reconciler.run([])).toEqual([]);
  expect(await readdir(instances)).toEqual([]);
});

test("a folder that cannot be removed is said, and ends no pass", async () => {
  const { reconciler, folders, clock } = await emptyNode();
  folders.unreadable.add("1.0-0123456789abcdef").add("2.0-0123456789abcdef");
  vi.spyOn(folders, "removeUnreadable").mockRejectedValue(new Error("no"));
  await reconciler.run([]);
  clock.mockReturnValue(reconciler.pauseMs);
  expect(await reconciler.run([])).toEqual([
    "the removal of folder 1.0-0123456789abcdef: no",
    "the removal of folder 2.0-0123456789abcdef: no",
  ]);
});
