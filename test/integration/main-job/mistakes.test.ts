import { truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { queue } from "../pool/queue.ts";
import { type MachineArguments, makeStack, type TestStack } from "../pool/stack.ts";
import { eventually } from "../pool/wait.ts";
import { domains, instanceFolders } from "./pool.ts";

const size = { memoryMiB: 128, vcpus: 1 };
let world: TestStack;

/** What a preview of one machine says when it fails. */
async function previewFails(args: MachineArguments): Promise<string> {
  await world.declare({ web: args });
  return world.stack.preview().then(
    () => "the preview succeeded",
    (error: unknown) => String(error),
  );
}

describe("mistakes are told in the preview, with field, value and what exists", () => {
  beforeAll(async () => {
    world = await makeStack("mistakes");
    await world.declare({});
    await world.stack.up();
  });
  afterAll(async () => {
    await world.dispose();
  });

  test("an unknown image: which ones exist", async () => {
    const words = await previewFails({ image: "debain", profile: size });
    expect(words).toMatch(/property image value \{debain\} has a problem: .*debain.*\bguest\b/);
  });

  test("an unknown profile: which ones exist", async () => {
    const words = await previewFails({ profile: "huge" });
    expect(words).toMatch(/profile/);
    expect(words).toMatch(/huge/);
    expect(words).toMatch(/small.*medium.*large/s);
  });

  test("a size that is none: which part of it", async () => {
    expect(await previewFails({ profile: { memoryMiB: -5, vcpus: 1 } })).toMatch(/profile[\s\S]*memoryMiB/);
  });

  test.each(['we"b', "web\nqueue 9", "$(HOME)", "a;b", "ümlaut", "x".repeat(10_000), "../../etc"])(
    "a name that could break out of its place is refused: %j",
    async (name) => {
      expect(await previewFails({ name, profile: size })).toMatch(/name[\s\S]*DNS label/);
    },
  );

  test("nothing of all that reached the queue", async () => {
    expect(await queue()).toEqual([]);
  });
});

describe("what goes wrong after the job exists loses nothing", () => {
  beforeAll(async () => {
    world = await makeStack("wrong");
  });
  afterAll(async () => {
    await world.dispose();
  });

  test("a job that the node refuses fails with the node's reason, stays in the state, and `destroy` removes it", async () => {
    // The image is damaged in the store after it was added: only the node can see that.
    const source = join(world.folder, "damaged.qcow2");
    await writeFile(source, Buffer.alloc(8 << 20, 7));
    await world.declare({}, { guest: source });
    await world.stack.up();
    const digest: string = (await world.stack.outputs()).images?.value.guest.digest;
    await truncate(join(inject("environment").CONDOR_CLOUD_STORE ?? "", "sha256", digest), 4 << 20);
    await world.declare({ web: { profile: size } }, { guest: source });
    const words = await world.stack.up().catch((error: unknown) => String(error));
    expect(words).toMatch(/HTCondor holds the job/);
    expect(words).toContain(digest.slice(0, 12));
    expect(await queue()).toHaveLength(1);
    const exported = await world.stack.exportStack();
    const resources: { type: string; urn: string }[] = exported.deployment.resources;
    const instances = resources.filter((resource) => resource.type.endsWith("condor:Instance"));
    expect(instances).toHaveLength(1);
    // A refresh makes Pulumi forget that the creation failed; what the state says of the machine does not.
    await world.stack.refresh({ target: instances.map((instance) => instance.urn) });
    await expect(world.stack.up()).rejects.toThrow(/HTCondor holds the job/);
    await world.stack.destroy();
    expect(await queue()).toEqual([]);
    await eventually("instance folders to go", instanceFolders, (found) => found.length === 0);
    expect(await domains()).toEqual([]);
  });
});
