import { appendFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { CONSOLE_FILE } from "../../../execute-node/agent/console-log.ts";
import { Guests } from "../../../execute-node/agent/guests.ts";
import { MachineRecord } from "../../../execute-node/agent/instance-folders.ts";
import { type Machine, newMachine } from "../../../execute-node/agent/machine.ts";
import { SPEC } from "./samples.ts";

/** What a guest agent answers of cloud-init that is done, and of its addresses. */
const ANSWERS = `case "$*" in
*hung*) exec sleep 600 ;;
*guest-network-get-interfaces*) echo '{"return":[{"hardware-address":"${SPEC.macAddress}","ip-addresses":[{"ip-address":"fd00::7"}]}]}' ;;
*guest-file-open*result.json*) echo '{"return":1}' ;;
*guest-file-read*) echo '{"return":{"buf-b64":"${Buffer.from('{"v1":{"errors":[]}}').toString("base64")}"}}' ;;
*guest-file-close*) echo '{"return":{}}' ;;
esac`;

/** A node with a `virsh` of these lines of a shell, whose guests are watched until the test ends. */
async function newNode(lines = ANSWERS) {
  const folder = await mkdtemp(join(tmpdir(), "guests-test-"));
  await writeFile(join(folder, "virsh"), `#!/bin/sh\necho "$*" >> ${folder}/asked\n${lines}\n`, { mode: 0o755 });
  vi.stubEnv("PATH", `${folder}:${process.env.PATH}`);
  const ended = new AbortController();
  const machines = new Map<string, Machine>();
  const agent = {
    machines,
    parts: { log: () => {}, folders: { pathOf: (id: string) => join(folder, id.replaceAll("#", "-")) } },
    amend: async (machine: Machine, facts: Partial<MachineRecord>) => {
      if (machine.record !== undefined) machine.record = { ...machine.record, ...facts };
    },
    settle: async () => {},
  };
  const start = async (number: number, { name = "guest", hasAgent = true, ageSeconds = 0 } = {}) => {
    const machine = newMachine(`ap#${number}.0#1764000000`, "running");
    const since = Math.floor(Date.now() / 1000) - ageSeconds;
    machine.record = MachineRecord.parse({
      schema: 1,
      globalJobId: machine.globalJobId,
      user: "cloud@pool.test",
      spec: SPEC,
      image: { digest: "a".repeat(64), format: "qcow2", architecture: "x86_64" },
      preparedAt: since,
      startedAt: since,
    });
    machine.domainName = `${name}_${number}.0`;
    machine.hasAgent = hasAgent;
    machines.set(machine.globalJobId, machine);
    await mkdir(agent.parts.folders.pathOf(machine.globalJobId));
    return { machine, console: join(agent.parts.folders.pathOf(machine.globalJobId), CONSOLE_FILE) };
  };
  const watch = () => {
    const watched = new Guests(agent).watch(ended.signal);
    onTestFinished(async () => {
      ended.abort();
      await watched;
    });
  };
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    await rm(folder, { recursive: true });
  });
  return { start, watch, asked: () => readFile(join(folder, "asked"), "utf8").catch(() => "") };
}

test("a guest agent tells its addresses and that cloud-init is done, which is remembered", async () => {
  const { start, watch } = await newNode();
  const { machine } = await start(1);
  watch();
  await expect.poll(() => machine.guest).toEqual({ agent: true, cloudInit: "done" });
  expect(machine.agentSightings.get(SPEC.macAddress)).toEqual([
    { ipAddress: "fd00::7", source: "agent", state: "fresh" },
  ]);
  expect(machine.record?.guest).toEqual({ cloudInit: "done" });
});

test("a guest without a guest agent is heard by its console, and no command is run for it", async () => {
  const { start, watch, asked } = await newNode();
  const { machine, console } = await start(1, { hasAgent: false });
  await writeFile(console, "Cloud-init v. 25.1.4 running 'init' at noon\n");
  watch();
  await expect.poll(() => machine.guest).toEqual({ agent: false, cloudInit: "running" });
  await appendFile(console, "Cloud-init v. 25.1.4 finished at noon\n");
  await expect.poll(() => machine.guest, { timeout: 10_000 }).toEqual({ agent: false, cloudInit: "done" });
  expect(await asked()).toBe("");
});

test("a guest agent that gives no files is one, and cloud-init is heard by the console", async () => {
  const refusing = `case "$*" in *guest-network*) echo '{"return":[]}' ;; *) echo "error: unable to execute QEMU agent command 'x': disabled" >&2; exit 1 ;; esac`;
  const { start, watch } = await newNode(refusing);
  const { machine, console } = await start(1);
  await writeFile(console, "Cloud-init v. 25.1.4 finished at noon\n");
  watch();
  await expect.poll(() => machine.guest).toEqual({ agent: true, cloudInit: "done" });
});

test("a guest of which nothing is heard is told nothing of", async () => {
  const { start, watch, asked } = await newNode(`echo "error: Guest agent is not responding" >&2; exit 1`);
  const { machine } = await start(1);
  watch();
  await expect.poll(asked).toContain("guest-network");
  expect(machine.guest).toBeUndefined();
});

test("an old guest is not asked for cloud-init any more", async () => {
  const { start, watch, asked } = await newNode();
  const { machine } = await start(1, { ageSeconds: 3600 });
  watch();
  await expect.poll(() => machine.guest).toEqual({ agent: true });
  expect(await asked()).not.toContain("guest-file");
});

test("guests that hang do not keep others from being asked", async () => {
  const { start, watch } = await newNode();
  for (const number of [1, 2, 3]) await start(number, { name: "hung" });
  const others = [];
  for (const number of [4, 5, 6, 7]) others.push((await start(number)).machine);
  watch();
  for (const machine of others) await expect.poll(() => machine.guest?.agent, { timeout: 10_000 }).toBe(true);
});
