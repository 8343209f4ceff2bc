import { appendFile, mkdir, mkdtemp, open, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { boundConsoleLog, CONSOLE_FILE, copyConsoleLog } from "../../../execute-node/agent/console-log.ts";
import { Consoles, listConsoles } from "../../../execute-node/agent/consoles.ts";

const JOB = "ap#7.0#1764000000";
const NAME = "7.0-0123456789abcdef";

async function newConsoles({ maxBytes = 1000, keepSeconds = 3600 } = {}) {
  const folder = await mkdtemp(join(tmpdir(), "consoles-test-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const [machine, kept] = [join(folder, "machine"), join(folder, "kept")];
  for (const each of [machine, kept]) await mkdir(each);
  const said: string[] = [];
  const consoles = new Consoles(kept, { maxBytes, keepSeconds }, (line) => said.push(line));
  return { consoles, machine, kept, said, log: join(machine, CONSOLE_FILE) };
}

test("a new console log is empty, and its agent may write to it, with or without access control lists", async () => {
  const { consoles, machine, log, said } = await newConsoles();
  await consoles.create(machine);
  await appendFile(log, "x");
  expect(await readFile(log, "utf8")).toBe("x");
  expect(said.length).toBeLessThanOrEqual(1);
});

test("a log within its limit is left alone; one beyond it is emptied, and its newest half kept", async () => {
  const { machine, log } = await newConsoles();
  await writeFile(log, "a".repeat(1000));
  await boundConsoleLog(machine, 1000);
  expect(await readdir(machine)).toEqual([CONSOLE_FILE]);
  await appendFile(log, "b".repeat(300));
  await boundConsoleLog(machine, 1000);
  expect((await stat(log)).size).toBe(0);
  expect(await readFile(`${log}.old`, "utf8")).toBe("a".repeat(200) + "b".repeat(300));
  expect((await stat(`${log}.old`)).mode & 0o007).toBe(0);
  await appendFile(log, "c".repeat(10));
  for (const [bytes, newest] of [
    [12, `bb${"c".repeat(10)}`],
    [5, "ccccc"],
  ] as const) {
    await copyConsoleLog(machine, join(machine, "copy"), "", bytes);
    expect(await readFile(join(machine, "copy"), "utf8")).toBe(newest);
  }
});

test("what a guest writes after its log was emptied stands at the log's begin", async () => {
  const { machine, log } = await newConsoles();
  const file = await open(log, "a");
  onTestFinished(() => file.close());
  await file.write("a".repeat(1001));
  await boundConsoleLog(machine, 1000);
  await file.write("b");
  expect(await readFile(log, "utf8")).toBe("b");
});

test("a kept console tells its job, holds the newest of what was said, and is nobody else's to read", async () => {
  const { consoles, machine, kept, log } = await newConsoles();
  await writeFile(`${log}.old`, "a".repeat(500));
  await writeFile(log, "b".repeat(900));
  await consoles.keep(JOB, NAME, machine);
  const [found, ...others] = await consoles.list();
  expect(others).toEqual([]);
  expect(found).toMatchObject({ globalJobId: JOB, path: join(kept, `${NAME}.log`), bytes: 1000 });
  expect(found?.endedAt).toBeGreaterThan(Date.now() / 1000 - 60);
  expect((await stat(join(kept, `${NAME}.log`))).mode & 0o777 & ~0o640).toBe(0);
  expect(await readFile(join(kept, `${NAME}.log`), "utf8")).toBe(
    `# Serial console of job ${JOB}\n${"a".repeat(100)}${"b".repeat(900)}`,
  );
});

test("a console that said nothing is not kept, nor any where the administrator keeps none", async () => {
  const silent = await newConsoles();
  await silent.consoles.create(silent.machine);
  await silent.consoles.keep(JOB, NAME, silent.machine);
  expect(await silent.consoles.list()).toEqual([]);
  const none = await newConsoles({ keepSeconds: 0 });
  await writeFile(none.log, "secret");
  await none.consoles.keep(JOB, NAME, none.machine);
  expect(await readdir(none.kept)).toEqual([]);
});

test("consoles go when their time is over, and the oldest when there are too many", async () => {
  const { consoles, kept } = await newConsoles();
  const now = 1_764_000_000;
  for (let number = 0; number < 503; number++) {
    const path = join(kept, `${number}.0-0123456789abcdef.log`);
    await writeFile(path, `# Serial console of job ap#${number}.0#1\nx`);
    // Number 0 ended last.
    const endedAt = number === 1 ? now - 3601 : now - number;
    await utimes(path, endedAt, endedAt);
  }
  await consoles.expire(now);
  const left = (await consoles.list()).map(({ globalJobId }) => globalJobId);
  expect(left).toHaveLength(500);
  for (const gone of [1, 501, 502]) expect(left).not.toContain(`ap#${gone}.0#1`);
});

test("what is no console of ours is not listed and not removed; what a dead agent was writing goes", async () => {
  const { consoles, kept } = await newConsoles({ keepSeconds: 1 });
  for (const name of ["a.log", "b.txt", "c.log.tmp"])
    await writeFile(join(kept, name), "# Serial console of job ../x\n");
  expect(await listConsoles(kept)).toEqual([]);
  await consoles.open();
  await consoles.expire(4_000_000_000);
  expect(await readdir(kept)).toEqual(["a.log", "b.txt"]);
});

test("a failure is said once and thrown to nobody", async () => {
  const { consoles, machine, kept, said, log } = await newConsoles();
  await rm(kept, { recursive: true });
  await writeFile(log, "x");
  await consoles.keep(JOB, NAME, machine);
  await consoles.keep(JOB, NAME, machine);
  expect(said).toEqual([expect.stringContaining("a machine's console cannot be kept (said once): ENOENT")]);
});

test("running machines' logs are bounded until the watch ends", async () => {
  const { consoles, machine, log, said } = await newConsoles();
  await writeFile(log, "a".repeat(5000));
  const ended = new AbortController();
  const watch = consoles.watch(
    () => [machine, join(machine, "gone")].map((folder) => ({ folder, copy: undefined })),
    ended.signal,
    undefined,
  );
  await expect.poll(async () => (await stat(log)).size).toBe(0);
  ended.abort();
  await watch;
  expect(said).toEqual([]);
});
