import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openStoreFile, readStoreText } from "../../../execute-node/agent/store-file.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "store-file-test-"));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

test("a regular file is read", async () => {
  await writeFile(join(folder, "a.json"), "{}");
  expect(await readStoreText(join(folder, "a.json"), 10)).toBe("{}");
});

test("a file larger than it may be is not read", async () => {
  await writeFile(join(folder, "big.json"), "x".repeat(11));
  await expect(readStoreText(join(folder, "big.json"), 10)).rejects.toThrow("no regular file");
});

test("a pipe, a link, a folder, a device and a socket are refused, and none of them hangs", async () => {
  await execa("mkfifo", [join(folder, "pipe")]);
  await writeFile(join(folder, "secret"), "secret");
  await symlink(join(folder, "secret"), join(folder, "link"));
  const server = createServer().listen(join(folder, "socket"));
  for (const path of [...["pipe", "link", "socket", "."].map((name) => join(folder, name)), "/dev/zero"]) {
    await expect(openStoreFile(path)).rejects.toThrow("no regular file");
  }
  await new Promise((resolve) => server.close(resolve));
});

test("a file that is not there is an error of its own", async () => {
  await expect(openStoreFile(join(folder, "none"))).rejects.toMatchObject({ code: "ENOENT" });
});
