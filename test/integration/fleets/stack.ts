import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { UpOptions } from "@pulumi/pulumi/automation/index.js";
import { z } from "zod";
import { Member } from "../../../provider/fleet/outputs.ts";
import { makeStack, type TestStack } from "../pool/stack.ts";
import { PROGRAM } from "./program.ts";

/** The arguments of a fleet or a machine; `{ secret: … }` anywhere in them stands for a secret. */
export type Arguments = Readonly<Record<string, unknown>>;

/** What a stack of this group declares, by the resources' names. */
export interface Declared {
  readonly fleets?: Readonly<Record<string, Arguments>>;
  readonly machines?: Readonly<Record<string, Arguments>>;
  /** Fleets of other stacks, by their ids. */
  readonly reads?: Readonly<Record<string, string>>;
}

/** A fleet as the state has it. */
const RecordedFleet = z.object({
  urn: z.string(),
  id: z.string(),
  outputs: z.looseObject({
    members: z.record(z.string(), Member),
    running: z.int(),
    ready: z.int(),
  }),
  initErrors: z.array(z.string()).default([]),
});
export type RecordedFleet = z.infer<typeof RecordedFleet>;

const Resources = z.array(z.looseObject({ urn: z.string() })).default([]);

/** What a command of Pulumi came to. */
export interface Said {
  readonly failed: boolean;
  /** All that it printed, and its error where it failed. */
  readonly output: string;
}

/** A stack that declares fleets and single machines of images in the store. */
export interface FleetStack extends Omit<TestStack, "declare"> {
  /** What the next command's program declares, in place of all before. */
  declare(declared: Declared): Promise<void>;
  /** A fleet as the state has it; undefined where it has none. */
  recorded(name: string): Promise<RecordedFleet | undefined>;
  /** The members of a fleet that the state has, by name. */
  members(name: string): Promise<RecordedFleet["outputs"]["members"]>;
  /** Runs an `up`, which must succeed; answers what it printed. */
  up(): Promise<string>;
  /** Runs an `up`, whether or not it succeeds. */
  tryUp(options?: UpOptions): Promise<Said>;
}

/**
 * Makes a stack of a test's own, in an empty project that uses the packed package by its public name.
 *
 * @param commands - what `condor:commands` names in all its commands; absent: HTCondor's own commands
 */
export async function makeFleetStack(name: string, commands?: string): Promise<FleetStack> {
  const made = await makeStack(name);
  const { stack, folder } = made;
  await writeFile(join(folder, "index.mjs"), PROGRAM);
  if (commands !== undefined) await stack.setConfig("condor:commands", { value: commands });

  const declare = (declared: Declared) => writeFile(join(folder, "declared.json"), JSON.stringify(declared));
  await declare({});
  const recorded = async (fleet: string) => {
    const { deployment } = await stack.exportStack();
    const found = Resources.parse(deployment.resources).find(({ urn }) => urn.endsWith(`condor:Fleet::${fleet}`));
    return found === undefined ? undefined : RecordedFleet.parse(found);
  };
  const tryUp = async (options: UpOptions = {}) => {
    let output = "";
    const onOutput = (text: string) => {
      output += text;
    };
    return await stack.up({ ...options, onOutput }).then(
      () => ({ failed: false, output }),
      (error: unknown) => ({ failed: true, output: `${output}${error}` }),
    );
  };
  return {
    ...made,
    declare,
    recorded,
    tryUp,
    async members(fleet) {
      return (await recorded(fleet))?.outputs.members ?? {};
    },
    async up() {
      const { failed, output } = await tryUp();
      if (failed) throw new Error(output);
      return output;
    },
  };
}
