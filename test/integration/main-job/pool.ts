import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { inject } from "vitest";
import { runIn } from "../../../sandbox/machine.ts";
import { loadSandbox } from "../../../sandbox/sandbox.ts";

/**
 * The jobs in the queue that have a machine or may get one, straight from `condor_q`. A job whose machine powered itself
 * off stays in the queue for ten minutes, completed, so that it is told from one that never was.
 */
export async function queue(): Promise<Record<string, unknown>[]> {
  const { stdout } = await execa("condor_q", ["-allusers", "-json"], { env: inject("environment") });
  const jobs: Record<string, unknown>[] = stdout.trim() === "" ? [] : JSON.parse(stdout);
  return jobs.filter((job) => job.JobStatus !== 4);
}

/** Runs one of HTCondor's commands as the pool's ordinary user. */
export async function condor(command: string, ...parameters: string[]): Promise<string> {
  return (await execa(command, parameters, { env: inject("environment") })).stdout;
}

/** Runs a command on the execute node, as root. */
export async function onNode(...command: string[]): Promise<string> {
  const node = (await loadSandbox(inject("sandbox")))?.executeNodes[0];
  if (!node) throw new Error("The tests' sandbox is gone.");
  return runIn(node, command);
}

/** The names of libvirt's domains on the execute node. */
export async function domains(): Promise<string[]> {
  return words(await onNode("virsh", "-c", "qemu:///system", "list", "--all", "--name"));
}

/** The instance folders on the execute node. */
export async function instanceFolders(): Promise<string[]> {
  return words(await onNode("ls", "/var/lib/condor-cloud/instances"));
}

/** The images in the execute node's cache, temporaries too; what it knows about each stands beside it, as JSON. */
export async function cachedImages(): Promise<string[]> {
  return words(await onNode("ls", "-A", "/var/lib/condor-cloud/cache")).filter((name) => !name.endsWith(".json"));
}

/** Every file in the image store, temporaries too. */
export async function storeFiles(): Promise<string[]> {
  const store = inject("environment").CONDOR_CLOUD_STORE ?? "";
  const entries = await readdir(store, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(store.length + 1));
}

/** What a guest's web server answers. A lease is known a moment before the guest has taken its address. */
export async function guestAnswer(ipAddress: string, path: string): Promise<string> {
  const ask = () =>
    fetch(`http://${ipAddress}${path}`, { signal: AbortSignal.timeout(5000) }).then((answer) => answer.text());
  return eventually(
    `an answer from ${ipAddress}${path}`,
    () => ask().catch(String),
    (text) => !/Error/.test(text),
    30,
  );
}

/** Asks until the answer is as wanted; gives up with what it saw last. */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T>,
  wanted: (answer: T) => boolean,
  seconds = 90,
): Promise<T> {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const answer = await ask();
    if (wanted(answer)) return answer;
    if (Date.now() > end) throw new Error(`${what}: not within ${seconds} s; last seen: ${JSON.stringify(answer)}`);
    await sleep(500);
  }
}

function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== "");
}
