/** What a guest tries whose owner is hostile: it has the machine's devices, and no end. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { runIn } from "../../../sandbox/machine.ts";
import { theSandbox } from "../pool/nodes.ts";
import { eventually } from "../pool/wait.ts";
import { ATTACKER, remove, submitAs } from "./condor.ts";
import { honestJob, tampered } from "./jobs.ts";
import { plant } from "./store.ts";
import { expectUnharmed, theVictim, type Victim } from "./victim.ts";

const BYTES_PER_MIB = 1024 ** 2;
const DISK_MIB = 64;

/** In a node's configuration, `consoleMaxKiB` has this default. */
const CONSOLE_MIB = 1;

/** mov dx,0x3f8; mov al,'A'; again: out dx,al; jmp again. Writes to the serial console and does nothing else. */
const TALKS = "baf803b041eeebfd";

/**
 * Writes its disk from end to end, 64 sectors at a time, and begins again nowhere: xor ax,ax; mov ds,ax; mov si,0x7c40;
 * again: mov ah,0x43; xor al,al; mov dl,0x80; int 0x13; add dword [si+8],64; jmp again.
 */
const FILLS = "31c08ed8be407cb44330c0b280cd136683440840ebf1";

/** INT 13h's packet (at 0x7c40): 64 sectors, from 0000:7c00, to sector 1. */
const PACKET = "10004000007c00000100000000000000";

/** A raw disk whose boot sector is a program of the 8086. */
function bootDisk(code: string, sizeBytes: number): Buffer {
  const disk = Buffer.alloc(sizeBytes);
  disk.write(code, 0, "hex");
  disk.write(PACKET, 0x40, "hex");
  disk.writeUInt16LE(0xaa55, 510);
  return disk;
}

let victim: Victim;
const ids: string[] = [];

/** Starts a machine from such a disk on the victim's node. */
async function start(name: string, disk: Buffer): Promise<string> {
  const { store } = await theSandbox();
  const reference = await plant(store, name, disk, { format: "raw", virtualSizeBytes: disk.length });
  const pinned = [`requirements = TARGET.Machine == "${victim.node.host}"`];
  const id = await submitAs(ATTACKER, tampered(honestJob(name, reference), pinned));
  ids.push(id);
  return id;
}

/** The bytes that files of a machine take on the node's disk. */
async function diskBytes(id: string, files: string): Promise<number> {
  const script =
    'cd /var/lib/condor-cloud/instances/"$1"-* 2>/dev/null && du -c -B1 $2 2>/dev/null | tail -n 1 || echo 0';
  const text = await runIn(victim.node, ["sh", "-c", script, "sh", id, files]);
  return Number(text.split(/\s/)[0]);
}

beforeAll(async () => {
  victim = await theVictim();
});

afterAll(() => remove(...ids));

test("a guest that talks on its console without end takes no more than the console may, and the newest stays", async () => {
  const sinceMs = Date.now();
  const id = await start("talker", bootDisk(TALKS, BYTES_PER_MIB));
  let largest = 0;
  let cuts = 0;
  let last = 0;
  await eventually(
    "the console to be cut three times",
    async () => {
      const now = await diskBytes(id, "console*");
      largest = Math.max(largest, now);
      if (now < last) cuts++;
      last = now;
      return cuts;
    },
    (count) => count >= 3,
    120,
  );
  // Beside the limit and its older half: what is said between two looks of the agent.
  expect(largest / BYTES_PER_MIB).toBeLessThan(CONSOLE_MIB * 1.5 + 32);
  const most = `at most ${(largest / BYTES_PER_MIB).toFixed(1)} MiB on disk`;
  await expectUnharmed(victim, { tried: "a console without end", happened: most, sinceMs });
  await remove(id);
});

test("a guest that fills its disk fills its own disk alone", async () => {
  const sinceMs = Date.now();
  const id = await start("filler", bootDisk(FILLS, DISK_MIB * BYTES_PER_MIB));
  const full = DISK_MIB * BYTES_PER_MIB;
  await eventually(
    "the overlay to be full",
    () => diskBytes(id, "disk.qcow2"),
    (bytes) => bytes >= full * 0.98,
    120,
  );
  const bytes = await diskBytes(id, "disk.qcow2");
  expect(bytes).toBeLessThan(full + 2 * BYTES_PER_MIB);
  const size = `${(bytes / BYTES_PER_MIB).toFixed(1)} MiB of ${DISK_MIB}`;
  await expectUnharmed(victim, { tried: "a disk written from end to end", happened: size, sinceMs });
  await remove(id);
});
