import { z } from "zod";
import { runIn } from "../../../sandbox/machine.ts";
import type { Machine } from "../../../sandbox/sandbox.ts";
import { addNewImage } from "../pool/images.ts";
import { running, submitMachine, type TestMachine } from "../pool/machines.ts";
import { complaints, nodeState } from "../pool/node-state.ts";
import { theSandbox } from "../pool/nodes.ts";
import { processesOn } from "../pool/processes.ts";
import { condor } from "../pool/queue.ts";
import { record } from "../pool/results.ts";
import { eventually } from "../pool/wait.ts";

/** The machine of another user that runs all along. */
export interface Victim extends TestMachine {
  readonly node: Machine;
  /** `name@sha256:<digest>`: what it boots from, and honest jobs too. */
  readonly image: string;
  readonly ipAddress: string;
  /** Its emulator's process on its node: another one would be another machine. */
  readonly emulator: number;
}

const Queue = z.array(
  z.object({ GlobalJobId: z.string(), ClusterId: z.int(), ProcId: z.int(), CloudImage: z.string() }),
);

/** Gives the victim's machine, which the first test that asks starts. */
export async function theVictim(): Promise<Victim> {
  const present = await findVictim();
  const started = present ?? (await startVictim());
  const { ipAddress } = await running(started.machine);
  for (const node of (await theSandbox()).executeNodes) {
    const [emulator] = await processesOn(node, emulatorOf(started.machine));
    if (emulator) return { ...started.machine, node, image: started.image, ipAddress, emulator: emulator.pid };
  }
  throw new Error(`No node has an emulator of the victim's job ${started.machine.jobId}.`);
}

async function findVictim(): Promise<{ machine: TestMachine; image: string } | undefined> {
  // The first job of all, while it is there.
  const text = await condor("condor_q", "1.0", "-json", "-attributes", "GlobalJobId,ClusterId,ProcId,CloudImage");
  const [job] = text.trim() === "" ? [] : Queue.parse(JSON.parse(text));
  if (job === undefined) return undefined;
  return { machine: { id: job.GlobalJobId, jobId: `${job.ClusterId}.${job.ProcId}` }, image: job.CloudImage };
}

async function startVictim(): Promise<{ machine: TestMachine; image: string }> {
  const image = await addNewImage("guest");
  return { machine: await submitMachine(image), image: image.reference };
}

function emulatorOf({ jobId }: TestMachine): RegExp {
  return new RegExp(`qemu-system.* guest=\\S*_${jobId.replace(".", "\\.")}\\b`);
}

/**
 * Waits until an attack has left nothing behind, and tells it in the group's table: on every node machines, folders and
 * emulators are those of the slots' jobs, HTCondor and the agent take machines, no emulator has a file open that it
 * should not, and the victim's machine is the same as before.
 */
export async function expectUnharmed(
  victim: Victim,
  attack: {
    readonly tried: string;
    readonly happened: string;
    readonly sinceMs: number;
    /** Where many attacks run at once: how long this one took to come to nothing. */
    readonly seconds?: number;
  },
): Promise<void> {
  await eventually(
    `the nodes to be clean after: ${attack.tried}`,
    async () => [...(await nodeComplaints()), ...(await victimComplaints(victim))],
    (found) => found.length === 0,
    150,
  );
  const secondsToConverge = attack.seconds ?? (Date.now() - attack.sinceMs) / 1000;
  await record({ tried: attack.tried, happened: attack.happened, secondsToConverge });
}

async function nodeComplaints(): Promise<string[]> {
  const { executeNodes } = await theSandbox();
  const found = await Promise.all(
    executeNodes.map(async (node) => {
      try {
        const state = complaints(await nodeState(node), Date.now() / 1000 - 60);
        return [...state, ...(await strangeFiles(node))].map((complaint) => `${node.name}: ${complaint}`);
      } catch (error) {
        return [`${node.name} does not answer: ${String(error)}`];
      }
    }),
  );
  return found.flat();
}

/** What an emulator may have open: its own and the agent's files, and what belongs to QEMU and libvirt. */
const ORDINARY =
  /^(?:\/var\/lib\/condor-cloud\/(?:cache|instances)\/|\/var\/(?:lib|log|cache)\/libvirt\/|\/usr\/|\/dev\/(?!disk|sd|vd|mem)|\/run\/libvirt\/|\/memfd:|\/tmp\/\.mount)/;

/** Files that some emulator of a node has open and no machine needs. */
async function strangeFiles(node: Machine): Promise<string[]> {
  const emulators = await processesOn(node, /qemu-system.* guest=/);
  const folders = emulators.map(({ pid }) => `/proc/${pid}/fd`);
  if (folders.length === 0) return [];
  // An emulator that ends meanwhile has nothing open.
  const output = await runIn(node, [
    "sh",
    "-c",
    'find "$@" -type l -printf "%l\\n" 2>/dev/null || :',
    "sh",
    ...folders,
  ]);
  const files = output.split("\n").filter((file) => file.startsWith("/") && !ORDINARY.test(file));
  return [...new Set(files)].map((file) => `an emulator has ${file} open`);
}

async function victimComplaints(victim: Victim): Promise<string[]> {
  const emulators = await processesOn(victim.node, emulatorOf(victim));
  const same = emulators.length === 1 && emulators[0]?.pid === victim.emulator;
  const answer = await fetch(`http://${victim.ipAddress}/id`, { signal: AbortSignal.timeout(10_000) }).then(
    (response) => response.text(),
    String,
  );
  return [
    ...(same ? [] : [`the victim's emulator was ${victim.emulator}, now ${JSON.stringify(emulators)}`]),
    ...(answer.startsWith(victim.ipAddress) ? [] : [`the victim's guest answers: ${answer}`]),
  ];
}
