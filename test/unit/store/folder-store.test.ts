import { createHash } from "node:crypto";
import { appendFile, mkdir, open, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { dataFolder, dataPath, manifestPath, TEMPORARY_PREFIX } from "../../../contract/store-layout.ts";
import { Operation } from "../../../provider/operation.ts";
import { attempt, DamagedManifestError, InUseError, StoreError } from "../../../provider/store/errors.ts";
import { FolderStore } from "../../../provider/store/folder-store.ts";
import { temporaryPath } from "../../../provider/store/temporary.ts";
import { qcow2, temporaryFolder } from "./images.ts";

const MIB = 1024 * 1024;
const nobody = async () => [];

function image(name: string) {
  return { name, architecture: "x86_64" as const, description: "", labels: {} };
}

function disk(fill: string): Buffer {
  const content = qcow2();
  content.write(fill, 0x20000);
  return content;
}

function sha256(content: Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}

async function world() {
  const folder = await temporaryFolder();
  const store = new FolderStore(join(folder, "store"));
  await mkdir(store.folder);
  const source = async (content: Buffer, name = "source.img") => {
    await writeFile(join(folder, name), content);
    return join(folder, name);
  };
  const files = async () => {
    const all = await Promise.all(["sha256", "images"].map((part) => readdir(join(store.folder, part))));
    return all.flat().sort();
  };
  return { folder, store, source, files };
}

describe("adding an image", () => {
  test("keeps its bytes by digest and a manifest by name, readable for the execute nodes", async () => {
    const { store, source } = await world();
    const content = disk("a");
    const manifest = await store.put(await source(content), image("debian"), new Operation());
    expect(manifest).toMatchObject({ name: "debian", digest: sha256(content), format: "qcow2", sizeBytes: 256 * 1024 });
    expect(await store.find("debian")).toEqual(manifest);
    const path = dataPath(store.folder, manifest.digest);
    expect(sha256(await readFile(path))).toBe(manifest.digest);
    expect((await stat(path)).mode & 0o777).toBe(0o644);
    expect((await stat(manifestPath(store.folder, "debian"))).mode & 0o777).toBe(0o644);
    expect((await stat(join(store.folder, "sha256"))).mode & 0o777).toBe(0o755);
  });

  test("keeps what is sparse sparse, and every byte in its place", async () => {
    const { folder, store } = await world();
    const path = join(folder, "sparse.raw");
    const file = await open(path, "w");
    await file.write("begin", 0);
    await file.write("middle", 40 * MIB + 123);
    await file.truncate(64 * MIB);
    await file.close();
    const { digest } = await store.put(path, image("sparse"), new Operation());
    const copy = await stat(dataPath(store.folder, digest));
    expect(copy.size).toBe(64 * MIB);
    expect(copy.blocks * 512).toBeLessThan(MIB);
    expect(sha256(await readFile(dataPath(store.folder, digest)))).toBe(digest);
  });

  test("tells its progress in percent and MiB", async () => {
    const { store, source } = await world();
    const messages: string[] = [];
    const operation = new Operation({ progress: (message) => messages.push(message) });
    await store.put(await source(Buffer.alloc(2 * MIB, 1)), image("raw"), operation);
    expect(messages).toEqual([
      "copying raw into the store: 50 % of 2 MiB",
      "copying raw into the store: 100 % of 2 MiB",
    ]);
  });

  test("of one digest by many at once does no harm", async () => {
    const { store, source, files } = await world();
    const path = await source(disk("a"));
    const names = ["one", "two", "three", "four"];
    const added = await Promise.all(names.map((name) => store.put(path, image(name), new Operation())));
    expect(new Set(added.map(({ digest }) => digest)).size).toBe(1);
    expect((await store.list()).map(({ name }) => name)).toEqual([...names].sort());
    expect((await files()).filter((name) => name.startsWith(TEMPORARY_PREFIX))).toEqual([]);
  });

  test("copies nothing that is here and intact", async () => {
    const { store, source } = await world();
    const path = await source(disk("a"));
    const { digest } = await store.put(path, image("one"), new Operation());
    const before = await stat(dataPath(store.folder, digest));
    await store.put(path, image("two"), new Operation(), digest);
    expect((await stat(dataPath(store.folder, digest))).ino).toBe(before.ino);
  });

  test("repairs bytes that were damaged", async () => {
    const { store, source } = await world();
    const path = await source(disk("a"));
    const { digest } = await store.put(path, image("one"), new Operation());
    await appendFile(dataPath(store.folder, digest), "rot");
    expect(await store.verify(digest, new Operation())).toBe("damaged");
    await store.put(path, image("one"), new Operation(), digest);
    expect(await store.verify(digest, new Operation())).toBe("intact");
  });

  test("refuses a file that changed since it was looked at, and leaves nothing behind", async () => {
    const { store, source, files } = await world();
    const path = await source(disk("b"));
    const adding = store.put(path, image("one"), new Operation(), sha256(disk("a")));
    await expect(adding).rejects.toThrow(/changed since the preview/);
    expect(await files()).toEqual([]);
  });

  test("refuses what is no disk image, and leaves nothing behind", async () => {
    const { store, source, files } = await world();
    const adding = store.put(await source(qcow2({ backingFile: "/etc/shadow" })), image("bad"), new Operation());
    await expect(adding).rejects.toThrow(/overlay of another file/);
    expect(await files()).toEqual([]);
  });

  test("stops when it is interrupted, and leaves nothing behind", async () => {
    const { store, source, files } = await world();
    const interruption = new AbortController();
    const operation = new Operation({ signal: interruption.signal, progress: () => interruption.abort() });
    const adding = store.put(await source(Buffer.alloc(8 * MIB, 1)), image("raw"), operation);
    await expect(adding).rejects.toThrow(/Interrupted while copying raw/);
    expect(await files()).toEqual([]);
  });

  test.each(["../escape", "a/b", "", "A", ".hidden", "x@y"])("refuses the name %j", async (name) => {
    const { store, source } = await world();
    await expect(store.put(await source(disk("a")), image(name), new Operation())).rejects.toThrow();
    expect(await readdir(store.folder)).toEqual([]);
  });
});

describe("what a crash leaves", () => {
  const DEAD_PID = 2 ** 22 + 1; // Beyond the kernel's greatest.

  test("is cleared by the next writer: a temporary of a dead one, or one that nobody touched for a day", async () => {
    const { store, source, files } = await world();
    await store.put(await source(disk("a")), image("one"), new Operation());
    const folder = join(store.folder, "sha256");
    const mine = temporaryPath(folder);
    const dead = mine.replace(`.${process.pid}.`, `.${DEAD_PID}.`);
    const stale = join(folder, `${TEMPORARY_PREFIX}000000000000.1.abc`);
    const foreign = join(folder, `${TEMPORARY_PREFIX}111111111111.${DEAD_PID}.abc`);
    for (const path of [mine, dead, stale, foreign]) await writeFile(path, "");
    await utimes(stale, new Date(0), new Date(0));
    await store.put(await source(disk("b")), image("two"), new Operation());
    const left = (await files()).filter((name) => name.startsWith(TEMPORARY_PREFIX));
    expect(left.map((name) => join(folder, name)).sort()).toEqual([mine, foreign].sort());
  });

  test("never shows as an image", async () => {
    const { store, source } = await world();
    await store.put(await source(disk("a")), image("one"), new Operation());
    await writeFile(temporaryPath(join(store.folder, "images")), "{");
    expect((await store.list()).map(({ name }) => name)).toEqual(["one"]);
  });
});

describe("removing an image", () => {
  test("takes name and bytes", async () => {
    const { store, source, files } = await world();
    await store.remove(await store.put(await source(disk("a")), image("one"), new Operation()), nobody);
    expect(await files()).toEqual([]);
    expect(await store.find("one")).toBeUndefined();
  });

  test("that is gone is no error", async () => {
    const { store, source } = await world();
    const added = await store.put(await source(disk("a")), image("one"), new Operation());
    await store.remove(added, nobody);
    await store.remove(added, nobody);
  });

  test("leaves bytes that another name needs, without asking for users", async () => {
    const { store, source } = await world();
    const path = await source(disk("a"));
    const one = await store.put(path, image("one"), new Operation());
    await store.put(path, image("two"), new Operation());
    await store.remove(one, async () => ["somebody"]);
    expect((await store.list()).map(({ name }) => name)).toEqual(["two"]);
    expect(await store.has(one.digest)).toBe(true);
  });

  test("is refused while machines need the bytes, and names them", async () => {
    const { store, source } = await world();
    const added = await store.put(await source(disk("a")), image("one"), new Operation());
    const users = ["web (7.0)", "db (8.0)"];
    await expect(store.remove(added, async () => users)).rejects.toThrow(/2 machines use it.\n {2}web \(7.0\), db/);
    await expect(store.remove(added, async () => users)).rejects.toThrow(InUseError);
    expect(await store.find("one")).toEqual(added);
  });

  test("changes nothing when nobody can say whether machines need it", async () => {
    const { store, source } = await world();
    const added = await store.put(await source(disk("a")), image("one"), new Operation());
    const unreachable = async () => Promise.reject(new Error("the schedd does not answer"));
    await expect(store.remove(added, unreachable)).rejects.toThrow("the schedd does not answer");
    expect(await store.find("one")).toEqual(added);
    expect(await store.has(added.digest)).toBe(true);
  });

  test("after its successor took the name over takes the old bytes only", async () => {
    const { store, source } = await world();
    const old = await store.put(await source(disk("a")), image("one"), new Operation());
    const successor = await store.put(await source(disk("b")), image("one"), new Operation());
    // Until then a node can still start machines of the old one.
    expect(await store.find("one", old.digest)).toEqual(old);
    expect((await store.list()).map(({ digest }) => digest)).toEqual([successor.digest]);
    await store.remove(old, nobody);
    expect(await store.find("one")).toEqual(successor);
    expect(await store.find("one", old.digest)).toEqual(undefined);
    expect([await store.has(old.digest), await store.has(successor.digest)]).toEqual([false, true]);
  });

  test("after it was added anew with the same content leaves all to the new adding", async () => {
    const { store, source } = await world();
    const path = await source(disk("a"));
    const old = await store.put(path, image("one"), new Operation());
    await new Promise((resolve) => setTimeout(resolve, 5));
    const anew = await store.put(path, { ...image("one"), description: "new words" }, new Operation());
    await store.remove(old, async () => ["somebody"]);
    expect(await store.find("one")).toEqual(anew);
    expect(await store.has(anew.digest)).toBe(true);
  });

  test("while others add the same bytes leaves each of them a whole image", async () => {
    const { store, source } = await world();
    const path = await source(disk("a"));
    for (let round = 0; round < 20; round++) {
      const one = await store.put(path, image("one"), new Operation());
      const [, two] = await Promise.all([
        store.remove(one, nobody),
        store.put(path, image("two"), new Operation(), one.digest),
      ]);
      expect(await store.verify(two.digest, new Operation())).toBe("intact");
      await store.remove(two, nobody);
    }
  });

  test("leaves bytes that a manifest of another version names", async () => {
    const { store, source } = await world();
    const added = await store.put(await source(disk("a")), image("one"), new Operation());
    await writeFile(manifestPath(store.folder, "future"), JSON.stringify({ schema: 2, content: added.digest }));
    await store.remove(added, nobody);
    expect(await store.has(added.digest)).toBe(true);
  });
});

describe("a store that cannot be used", () => {
  test("says so when its folder is not there, and makes none", async () => {
    const { store } = await world();
    await rm(store.folder, { recursive: true });
    await expect(store.list()).rejects.toThrow(/is not there.*\n.*condor:store/);
    await expect(store.find("one")).rejects.toThrow(StoreError);
    await expect(stat(store.folder)).rejects.toThrow(/ENOENT/);
  });

  test("says so when it is a file", async () => {
    const { folder } = await world();
    await writeFile(join(folder, "file"), "");
    await expect(new FolderStore(join(folder, "file")).list()).rejects.toThrow(/is no folder/);
  });

  test("names a manifest that is damaged", async () => {
    const { store, source } = await world();
    await store.put(await source(disk("a")), image("one"), new Operation());
    await writeFile(manifestPath(store.folder, "one"), '{"schema":1,');
    await expect(store.find("one")).rejects.toThrow(DamagedManifestError);
    expect(await store.list()).toEqual([]);
  });

  test("says what the system said when it cannot be written", async () => {
    const { store, source } = await world();
    // Root may write where modes forbid it, but nobody makes files below a file.
    await rm(dataFolder(store.folder), { recursive: true, force: true });
    await writeFile(dataFolder(store.folder), "");
    const adding = store.put(await source(disk("a")), image("one"), new Operation());
    await expect(adding).rejects.toThrow(/cannot be written.*\n.*EEXIST/);
  });

  test.each([
    ["ENOSPC", /Make room/],
    ["EACCES", /must be able to read and write/],
    ["EROFS", /read-only/],
  ])("says what to do when the system says %s", async (code, remedy) => {
    const refused = Object.assign(new Error(`${code}: refused`), { code, syscall: "open" });
    const failing = attempt("The image store cannot be written.", () => Promise.reject(refused));
    await expect(failing).rejects.toThrow(remedy);
    await expect(failing).rejects.toBeInstanceOf(StoreError);
  });
});
