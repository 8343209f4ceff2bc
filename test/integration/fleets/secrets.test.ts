import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { addEmptyImage } from "../pool/images.ts";
import { ENCRYPTED, foundIn, stateFiles, stored } from "../pool/state-files.ts";
import { type FleetStack, makeFleetStack } from "./stack.ts";

const PASSWORD = "correct-horse-battery-staple";
const TOKEN = "glpat-of-one-member-alone";

describe("what a fleet's program marks as secret", () => {
  let world: FleetStack;
  beforeAll(async () => {
    world = await makeFleetStack("secrets");
  });
  afterAll(async () => {
    await world.dispose();
  });

  test("stands in no file of the state in plain text, in the template, in an override, or in what the nodes tell", async () => {
    const { reference: image } = await addEmptyImage("secretive");
    await world.declare({
      fleets: {
        web: {
          image,
          profile: { memoryMiB: 64, vcpus: 1 },
          count: 2,
          waitFor: "running",
          userData: { secret: `#cloud-config\npassword: ${PASSWORD}\n` },
          overrides: { "web-1": { userData: { secret: `#cloud-config\nwrite_files: [{content: ${TOKEN}}]\n` } } },
        },
      },
    });
    await world.up();
    // Renewed with each operation, so each is looked at.
    await world.stack.refresh();
    const { vncPasswords } = await shown();
    expect(Object.keys(vncPasswords)).toEqual(["web-0", "web-1"]);
    const passwords = Object.values(vncPasswords);
    expect(foundIn(await stateFiles(), [PASSWORD, TOKEN, ...passwords])).toEqual([]);
    const { outputs } = await stored(world.stack.name, "condor:Fleet::web");
    expect(outputs).toMatchObject({
      userData: ENCRYPTED,
      overrides: ENCRYPTED,
      vncPasswords: ENCRYPTED,
      consoleKey: ENCRYPTED,
    });
  });

  /** The passwords of the members' consoles, which Pulumi shows to whoever has the stack's passphrase. */
  async function shown(): Promise<{ vncPasswords: Record<string, string> }> {
    const { deployment } = await world.stack.exportStack();
    const resources: { urn: string; outputs: { vncPasswords: { plaintext: string } } }[] = deployment.resources;
    const fleet = resources.find(({ urn }) => urn.endsWith("condor:Fleet::web"));
    return { vncPasswords: JSON.parse(fleet?.outputs.vncPasswords.plaintext ?? "") };
  }
});
