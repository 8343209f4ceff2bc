import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { isAgent } from "../../../execute-node/install/agent-process.ts";
import { keepCopy, makeFolder } from "../../../execute-node/install/disk.ts";
import { harmless } from "../../../execute-node/install/printer.ts";
import { passwordIn } from "../../../execute-node/install/status.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "condor-cloud-test-"));
});

afterEach(() => rm(folder, { recursive: true }));

const accounts = {
  number: () => ({ uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 }),
  name: () => "me:me",
};

test("copies of a file never replace each other, and all have names that HTCondor does not read", async () => {
  const file = join(folder, "60.config");
  for (const content of ["one", "two", "three"]) {
    await writeFile(file, content);
    await chmod(file, 0o640);
    await keepCopy(file);
  }
  const copies = [`${file}~`, `${file}.2~`, `${file}.3~`];
  expect(await Promise.all(copies.map((copy) => readFile(copy, "utf8")))).toEqual(["one", "two", "three"]);
});

test("a link in a folder's place is named, with where it leads and what to do", async () => {
  const [link, target] = [join(folder, "state"), join(folder, "big-disk")];
  await mkdir(target);
  await symlink(target, link);
  await expect(makeFolder({ path: link, mode: 0o755, owner: "me:me" }, accounts)).rejects.toThrow(
    `${link} is a link to ${target}, which is not followed.`,
  );
  await makeFolder({ path: target, mode: 0o755, owner: "me:me" }, accounts);
});

test("the agent is known by its command line, and nothing else is", () => {
  expect(isAgent(["/usr/bin/node", "/usr/lib/condor-cloud/condor-cloud-node.cjs", "agent", ""])).toBe(true);
  expect(isAgent(["/usr/bin/node", "/usr/lib/condor-cloud/condor-cloud-node.cjs", "status", ""])).toBe(false);
  expect(isAgent(["vi", "agent"])).toBe(false);
});

test("strangers' words do not steer the terminal", () => {
  expect(harmless("a\u001b]0;owned\u0007b\u009b2J\tc\nd\u202e")).toBe("a ]0;owned b 2J\tc\nd ");
});

test("a machine's record that cannot be read has no password", () => {
  expect(passwordIn('{ "vncPassword": "abc" }')).toBe("abc");
  for (const text of ["", "{", "null", '{ "vncPassword": 7 }']) expect(passwordIn(text)).toBeUndefined();
});
