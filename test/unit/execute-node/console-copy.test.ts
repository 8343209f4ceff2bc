import { execFileSync } from "node:child_process";
import {
  appendFile,
  chmod,
  link,
  mkdir,
  mkdtemp,
  readFile,
  realpath,
  rename,
  rm,
  symlink,
  truncate,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { ConsoleCopies, copyPath, openCopy } from "../../../execute-node/agent/console-copy.ts";
import { boundConsoleLog, CONSOLE_FILE } from "../../../execute-node/agent/console-log.ts";

const UID = process.getuid?.() ?? 0;

/** A node's folders: HTCondor's EXECUTE with a job's scratch directory, and the job's instance folder. */
async function newNode(maxBytes = 1000) {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "console-copy-test-")));
  onTestFinished(() => rm(folder, { recursive: true }));
  const [execute, instance] = [join(folder, "execute"), join(folder, "instance")];
  const scratch = join(execute, "dir_42");
  for (const each of [execute, scratch, instance]) await mkdir(each);
  const [console, copy] = [join(instance, CONSOLE_FILE), join(scratch, "console.log")];
  for (const each of [console, copy]) await writeFile(each, "");
  const said: string[] = [];
  const newCopies = () =>
    new ConsoleCopies({ executeFolder: execute, jobUid: UID, maxBytes }, (line) => said.push(line));
  const copies = newCopies();
  return { folder, execute, scratch, instance, console, copy, said, copies, newCopies };
}

test("only the scratch directory of the job's own starter is written to, of HTCondor 23 and 25", () => {
  expect(copyPath("/execute", "/execute/dir_42", 42)).toBe("/execute/dir_42/console.log");
  expect(copyPath("/execute", "/execute/dir_42/scratch", 42)).toBe("/execute/dir_42/scratch/console.log");
});

test.each([
  undefined,
  "",
  "/",
  "/execute",
  "/execute/dir_43",
  "/execute/dir_42/",
  "/execute/dir_42/other",
  "/execute/dir_42/scratch/..",
  "/execute/dir_43/../dir_42",
  "/execute//dir_42",
  "dir_42",
  "/execute/dir_42\0",
  "/etc",
])("a request that names %j gets no console", (scratch) => {
  expect(copyPath("/execute", scratch, 42)).toBeUndefined();
});

test("a job whose starter nobody knows gets no console, and the log says so", async () => {
  const { copies, scratch, execute, said } = await newNode();
  expect(copyPath(execute, scratch, undefined)).toBeUndefined();
  expect(copies.pathFor("ap#7.0#1", scratch, 42)).toBe(join(scratch, "console.log"));
  expect(said).toEqual([]);
  expect(copies.pathFor("ap#7.0#1", scratch, 43)).toBeUndefined();
  expect(copies.pathFor("ap#7.0#1", undefined, 42)).toBeUndefined();
  expect(said).toEqual([expect.stringContaining("ap#7.0#1"), expect.stringContaining("ap#7.0#1")]);
});

test("what a guest says is appended as it grows", async () => {
  const { copies, instance, console, copy } = await newNode();
  for (const text of ["one", "two", "", "x".repeat(200)]) {
    await appendFile(console, text);
    await copies.copy(instance, copy);
    expect(await readFile(copy, "utf8")).toBe(await readFile(console, "utf8"));
  }
});

test("a full copy begins anew with the newest half, and never exceeds its limit", async () => {
  const { copies, instance, console, copy } = await newNode(1000);
  let all = "";
  for (let round = 0; round < 40; round++) {
    const text = `${round} ${"x".repeat(round * 7)}\n`;
    all += text;
    await appendFile(console, text);
    await copies.copy(instance, copy);
    const copied = await readFile(copy, "utf8");
    expect(copied.length).toBeLessThanOrEqual(1000);
    expect(copied.length).toBeGreaterThanOrEqual(Math.min(all.length, 500));
    expect(all.endsWith(copied)).toBe(true);
    await boundConsoleLog(instance, 1000);
  }
});

test("a copy goes on after the console was emptied, and a new agent begins it anew", async () => {
  const { copies, newCopies, instance, console, copy } = await newNode();
  await writeFile(console, "first ");
  await copies.copy(instance, copy);
  await truncate(console, 0);
  await copies.copy(instance, copy);
  await appendFile(console, "then");
  await copies.copy(instance, copy);
  expect(await readFile(copy, "utf8")).toBe("first then");
  await newCopies().copy(instance, copy);
  expect(await readFile(copy, "utf8")).toBe("then");
});

test("a console that grows by more than a chunk, with any bytes in it, is copied whole", async () => {
  const { copies, instance, console, copy } = await newNode(1024 * 1024);
  const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, index) => index % 256));
  await writeFile(console, bytes);
  await copies.copy(instance, copy);
  expect((await readFile(copy)).equals(bytes)).toBe(true);
});

test.each<[string, (copy: string, victim: string) => Promise<unknown>]>([
  ["a symbolic link", async (copy, victim) => symlink(victim, copy)],
  ["a second name of another file", async (copy, victim) => link(victim, copy)],
  ["a named pipe", async (copy) => execFileSync("mkfifo", [copy])],
  ["a folder", async (copy) => mkdir(copy)],
])("whoever replaces a copy by %s gains nothing, and the log says so once", async (_what, replace) => {
  const { copies, folder, instance, console, copy, said } = await newNode();
  const victim = join(folder, "victim");
  await writeFile(victim, "untouched");
  await writeFile(console, "secret");
  await rm(copy);
  await replace(copy, victim);
  await copies.copy(instance, copy);
  await appendFile(console, "more");
  await copies.copy(instance, copy);
  expect(await readFile(victim, "utf8")).toBe("untouched");
  expect(said).toEqual([expect.stringContaining(`${copy} gets no console any more: `)]);
});

test("a scratch directory that was replaced by a link to another job's is not written to", async () => {
  const { copies, execute, scratch, instance, console, copy, said } = await newNode();
  const other = join(execute, "dir_43");
  await mkdir(other);
  await writeFile(join(other, "console.log"), "another guest's");
  await rename(scratch, join(execute, "gone"));
  await symlink(other, scratch);
  await writeFile(console, "secret");
  await copies.copy(instance, copy);
  expect(await readFile(join(other, "console.log"), "utf8")).toBe("another guest's");
  expect(said).toEqual([expect.stringContaining(`it lies at ${other}/console.log`)]);
});

test("a file of another account is not written to", async () => {
  const { copy } = await newNode();
  await expect(openCopy(copy, UID + 1)).rejects.toThrow(`belongs to account ${UID}, not ${UID + 1}`);
  await (await openCopy(copy, UID)).close();
});

test("a scratch directory that is gone, as after the machine's end, is no word in the log", async () => {
  const { copies, scratch, instance, console, copy, said } = await newNode();
  await rm(scratch, { recursive: true });
  await writeFile(console, "bye");
  await copies.copy(instance, copy);
  await copies.copy(join(instance, "gone"), copy);
  expect(said).toEqual([]);
});

test("a copy that failed is tried again for another machine alone", async () => {
  const { copies, instance, console, copy, said } = await newNode();
  await writeFile(console, "x");
  await chmod(copy, 0o600);
  await rm(copy);
  await mkdir(copy);
  await copies.copy(instance, copy);
  copies.keepOnly(new Set([copy]));
  await copies.copy(instance, copy);
  expect(said).toHaveLength(1);
  copies.keepOnly(new Set());
  await copies.copy(instance, copy);
  expect(said).toHaveLength(2);
});
