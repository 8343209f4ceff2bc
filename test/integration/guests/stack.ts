import type { InstanceOutputs } from "../../../provider/instance/outputs.ts";
import type { Machine } from "../../../sandbox/sandbox.ts";
import { theSandbox } from "../pool/nodes.ts";
import { type MachineArguments, makeStack, type TestStack } from "../pool/stack.ts";

/** A machine as the program sees it. */
export type GuestOutputs = InstanceOutputs & { id: string };

/** A stack that declares machines of the images in the store, and none of its own. */
export interface GuestStack extends Omit<TestStack, "declare"> {
  /** Declares the machines: `{ web: { image: inject("smallImage"), … } }`. */
  declare(machines: Record<string, MachineArguments & { image: string }>): Promise<void>;
  /** The outputs of a machine, as of the last `up` or refresh. */
  machine(name: string): Promise<GuestOutputs>;
}

/** Makes a stack of a test file's own, in an empty project that uses the packed package by its public name. */
export async function makeGuestStack(name: string): Promise<GuestStack> {
  const made = await makeStack(name);
  return {
    ...made,
    declare: (machines) => made.declare(machines, {}),
    machine: async (machine) => (await made.stack.outputs()).machines?.value[machine],
  };
}

/** The execute node that a machine runs on. */
export async function nodeOf({ host }: Pick<GuestOutputs, "host">): Promise<Machine> {
  const node = (await theSandbox()).executeNodes.find((candidate) => candidate.host === host);
  if (node === undefined) throw new Error(`The tests' sandbox has no node "${host}".`);
  return node;
}
