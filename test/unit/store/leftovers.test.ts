import { appendFile, mkdir, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { dataPath, manifestPath, supersededManifestPath, TEMPORARY_PREFIX } from "../../../contract/store-layout.ts";
import { Operation } from "../../../provider/operation.ts";
import { FolderStore } from "../../../provider/store/folder-store.ts";
import { temporaryPath } from "../../../provider/store/temporary.ts";
import { qcow2, temporaryFolder } from "./images.ts";

/** A store, and what adds an image to it whose content is told apart by a letter. */
async function world() {
  const folder = await temporaryFolder();
  const store = new FolderStore(join(folder, "store"));
  await mkdir(store.folder);
  const add = async (name: string, letter: string) => {
    const content = qcow2();
    content.write(letter, 0x20000);
    await writeFile(join(folder, "source"), content);
    const description = { name, architecture: "x86_64" as const, description: "", labels: {} };
    return (await store.put(join(folder, "source"), description, new Operation())).digest;
  };
  const files = async () => {
    const all = await Promise.all(["sha256", "images"].map((part) => readdir(join(store.folder, part))));
    return all.flat().sort();
  };
  return { store, add, files };
}

test("a store whose every image has a name holds no leftovers, nor does an empty one", async () => {
  const { store, add } = await world();
  expect(await store.leftovers()).toEqual([]);
  await add("debian", "a");
  await add("alpine", "a");
  expect(await store.leftovers()).toEqual([]);
});

test("an image that lost its names is one leftover, which goes with all its manifests", async () => {
  const { store, add, files } = await world();
  const old = await add("debian", "a");
  await add("backup", "a");
  const now = await add("debian", "b");
  await add("backup", "b");
  const [leftover, ...others] = await store.leftovers();
  expect(others).toEqual([]);
  expect(leftover).toMatchObject({ kind: "image", digest: old, names: ["backup", "debian"] });
  expect(leftover?.diskBytes).toBeGreaterThan(0);
  expect(leftover && (await store.discard(leftover))).toBe(true);
  expect(await files()).toEqual([now, "backup.json", "debian.json"].sort());
  expect(leftover && (await store.discard(leftover))).toBe(true);
});

test("an image that lost one name and has another is none", async () => {
  const { store, add } = await world();
  await add("debian", "a");
  await add("backup", "a");
  await add("debian", "b");
  expect(await store.leftovers()).toEqual([]);
});

test("an image that got a name back since somebody looked is not discarded", async () => {
  const { store, add } = await world();
  const old = await add("debian", "a");
  await add("debian", "b");
  const [leftover] = await store.leftovers();
  await add("other", "a");
  expect(leftover && (await store.discard(leftover))).toBe(false);
  expect(await store.has(old)).toBe(true);
  expect(await store.find("debian", old)).toBeDefined();
});

test("bytes that no manifest tells of are a leftover without a name", async () => {
  const { store, add } = await world();
  const digest = await add("debian", "a");
  await rm(manifestPath(store.folder, "debian"));
  expect(await store.leftovers()).toMatchObject([{ kind: "image", digest, names: [] }]);
});

test("a manifest whose bytes are lost is a leftover of no size, if its name moved on", async () => {
  const { store, add, files } = await world();
  const old = await add("debian", "a");
  const now = await add("debian", "b");
  await rm(dataPath(store.folder, old));
  const [leftover] = await store.leftovers();
  expect(leftover).toEqual({ kind: "image", digest: old, names: ["debian"], diskBytes: 0 });
  expect(leftover && (await store.discard(leftover))).toBe(true);
  expect(await files()).toEqual([now, "debian.json"].sort());
});

test.each([
  ["a current manifest", (store: string, _digest: string) => manifestPath(store, "debian")],
  ["one of a name that moved on", (store: string, digest: string) => supersededManifestPath(store, "debian", digest)],
])("what %s tells of stays, when that cannot be read", async (_which, path) => {
  const { store, add } = await world();
  const digest = await add("debian", "a");
  if (path(store.folder, digest).includes("@")) await add("debian", "b");
  await appendFile(path(store.folder, digest), "damage");
  expect(await store.leftovers()).toEqual([]);
});

test("what a dead writer left is a leftover, what one at work writes is not", async () => {
  const { store, add, files } = await world();
  await add("debian", "a");
  const own = temporaryPath(join(store.folder, "sha256"));
  await writeFile(own, "half");
  const dead = join(store.folder, "images", `${TEMPORARY_PREFIX}elsewhere.1.abc`);
  await writeFile(dead, "half");
  await utimes(dead, new Date(0), new Date(0));
  const leftovers = await store.leftovers();
  expect(leftovers).toMatchObject([{ kind: "temporary", path: dead }]);
  for (const leftover of leftovers) expect(await store.discard(leftover)).toBe(true);
  expect(await files()).toHaveLength(3);
});

test("what else lies in the store's folders is nobody's leftover", async () => {
  const { store, add } = await world();
  await add("debian", "a");
  await writeFile(join(store.folder, "sha256", "README"), "of an administrator");
  await writeFile(join(store.folder, "images", "notes.txt"), "of an administrator");
  expect(await store.leftovers()).toEqual([]);
});
