import { appendFile, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { complaintsIn, GahpLog } from "../../../execute-node/agent/gahp-log.ts";
import { startingMachine } from "../../../execute-node/agent/gahp-watch.ts";
import { newMachine } from "../../../execute-node/agent/machine.ts";
import { SPEC } from "./samples.ts";

const HEAD = "11/25/26 02:23:09";
let folder = "";
let log: GahpLog;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "gahp-log-"));
  log = new GahpLog(join(folder, "VMGahpLog"));
});

afterEach(async () => {
  await log.close();
  await rm(folder, { recursive: true, force: true });
});

test("libvirt's refusal is found in vm-gahp's log, with the number of the vm-gahp that met it", () => {
  const lines = [
    `${HEAD} (pid:343) Can't open directory "/etc/condor/tokens.d" as PRIV_CONDOR, errno: 13 (Permission denied)`,
    `${HEAD} (pid:343) Daemon Log is logging: D_ALWAYS D_ERROR D_STATUS`,
    `${HEAD} (pid:343) CreateKvmVMConfigFile`,
    `${HEAD} (pid:343) Failed to create libvirt domain: Requested operation is not valid: network 'default' is not active`,
    `${HEAD} (pid:343) Error finding domain x(42): Domain not found`,
  ].join("\n");
  const text = "Failed to create libvirt domain: Requested operation is not valid: network 'default' is not active";
  expect(complaintsIn(lines)).toEqual([{ pid: 343, text }]);
});

test("a complaint of several lines becomes one, and the number may be missing", () => {
  const lines = `${HEAD} Failed to create libvirt domain: internal error: QEMU said:\n  qemu: no\n  luck\n${HEAD} Next\n`;
  expect(complaintsIn(lines)).toEqual([
    { pid: undefined, text: "Failed to create libvirt domain: internal error: QEMU said: qemu: no luck" },
  ]);
});

test("a log is followed from its end on, through a rotation, and whole lines at a time", async () => {
  const path = join(folder, "VMGahpLog");
  await writeFile(path, `${HEAD} (pid:1) Failed before\n`);
  await log.open();
  expect(await log.read()).toEqual([]);
  await appendFile(path, `${HEAD} (pid:2) Failed to be wh`);
  expect(await log.read()).toEqual([]);
  await appendFile(path, `ole\n${HEAD} (pid:3) Failed last in the old\n`);
  await rename(path, `${path}.old`);
  await writeFile(path, `${HEAD} (pid:4) Failed first in the new\n`);
  expect((await log.read()).map(({ text }) => text)).toEqual([
    "Failed to be whole",
    "Failed last in the old",
    "Failed first in the new",
  ]);
  expect(await log.read()).toEqual([]);
});

test("a log that is not there yet is read once it is, and one that was cut from its new beginning", async () => {
  const path = join(folder, "VMGahpLog");
  await log.open();
  expect(await log.read()).toEqual([]);
  await writeFile(path, `${HEAD} (pid:1) Failed one, and this line is long\n`);
  expect(await log.read()).toHaveLength(1);
  await writeFile(path, `${HEAD} (pid:2) Failed two\n`);
  expect(await log.read()).toEqual([{ pid: 2, text: "Failed two" }]);
});

test("of a log that grew beyond all measure the end is read", async () => {
  const path = join(folder, "VMGahpLog");
  await writeFile(path, "");
  await log.open();
  await appendFile(
    path,
    `${HEAD} (pid:1) Failed early\n${`${HEAD} noise\n`.repeat(20_000)}${HEAD} (pid:2) Failed late\n`,
  );
  expect((await log.read()).map(({ text }) => text)).toEqual(["Failed late"]);
});

test("a complaint is of the machine whose vm-gahp wrote it, or of the only one that starts", () => {
  const starting = (id: string, gahpPid: number | undefined) => {
    const machine = newMachine(id, "prepared");
    machine.record = {
      schema: 1,
      globalJobId: id,
      user: "u@d",
      spec: SPEC,
      image: {
        digest: "a".repeat(64),
        format: "raw",
        architecture: "x86_64",
        firmware: "bios",
        machineType: "q35",
      },
      preparedAt: 1,
    };
    machine.gahpPid = gahpPid;
    return machine;
  };
  const [one, two] = [starting("ap#1.0#1", 343), starting("ap#2.0#1", undefined)];
  const running = starting("ap#3.0#1", 99);
  if (running.record !== undefined) running.record = { ...running.record, startedAt: 5 };
  const text = "Failed";
  expect(startingMachine([running, one, two], { pid: 343, text })).toBe(one);
  expect(startingMachine([running, one, two], { pid: 99, text })).toBeUndefined();
  expect(startingMachine([running, one, two], { pid: undefined, text })).toBeUndefined();
  expect(startingMachine([running, two], { pid: undefined, text })).toBe(two);
});
