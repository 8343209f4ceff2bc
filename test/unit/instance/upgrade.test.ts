import { describe, expect, test } from "vitest";
import type { Context } from "../../../provider/context.ts";
import { openPool } from "../../../provider/htcondor/pool.ts";
import { checkImage } from "../../../provider/image/check.ts";
import { diffImage } from "../../../provider/image/diff.ts";
import { diffInstance } from "../../../provider/instance/diff.ts";
import { checkInstanceInPool } from "../../../provider/instance/fit.ts";
import { Operation } from "../../../provider/operation.ts";
import { readSettings } from "../../../provider/settings.ts";
import { FolderStore } from "../../../provider/store/folder-store.ts";
import { fromHost } from "../../../sdk/values.ts";
import { PROGRAM_0_1_0, recordedState } from "../../fixtures/recorded.ts";

const none = new Set<string>();
const NO_CHANGE = { changes: false, replaces: [] };

/** The resources of ours that a real `pulumi up` of an earlier version left in its stack's state. */
async function recorded(type: string) {
  const { resources } = await recordedState();
  return resources
    .filter((resource) => resource.type.endsWith(type))
    .map(({ urn, inputs, outputs }) => ({
      ...{ name: urn.split("::").at(-1) ?? "", olds: fromHost(inputs), outputs: fromHost(outputs) },
    }));
}

/** A store that has whatever the state says, and no pool: a machine that stays must need none. */
function context(): Context {
  const settings = readSettings({ commands: "/nonexistent" }, { PATH: "" });
  const store = Object.assign(new FolderStore("/nonexistent"), { has: async () => true, find: async () => undefined });
  return { settings, pool: openPool(settings), store };
}

/** What the program says of each machine, beside its image. */
const program = new Map<string, object>(Object.entries(PROGRAM_0_1_0));

describe("a state that version 0.1.0 left", () => {
  test("has a machine of everything that there was to say, and one of defaults", async () => {
    const machines = await recorded("condor:Instance");
    expect(machines.map(({ name }) => name).sort()).toEqual([...program.keys()].sort());
  });

  test("plans no change of a machine whose program is as it was, whatever this version knows more", async () => {
    const warnings: string[] = [];
    const operation = new Operation({ warn: (message) => warnings.push(message) });
    for (const { name, olds, outputs } of await recorded("condor:Instance")) {
      const asked = { ...program.get(name), image: olds.image, resourceUrn: olds.resourceUrn };
      const { inputs, failures } = await checkInstanceInPool(asked, none, context(), olds, operation);
      expect(failures).toEqual([]);
      expect(diffInstance(outputs, inputs, none), name).toMatchObject(NO_CHANGE);
      expect(diffInstance(outputs, inputs, none, true), name).toMatchObject(NO_CHANGE);
    }
    expect(warnings, "a machine that stays needs no pool").toEqual([]);
  });

  test("plans no change of a machine either whose recorded inputs are checked again", async () => {
    for (const { name, olds, outputs } of await recorded("condor:Instance")) {
      const { inputs, failures } = await checkInstanceInPool(olds, none, context(), olds, new Operation());
      expect(failures).toEqual([]);
      expect(diffInstance(outputs, inputs, none), name).toMatchObject(NO_CHANGE);
    }
  });

  test("plans no change of an image whose file is as it was", async () => {
    const images = await recorded("condor:Image");
    expect(images).toHaveLength(1);
    for (const { olds, outputs } of images) {
      // The file is on the machine that recorded the state: what it holds is in the inputs.
      const asked = { source: olds.source, resourceUrn: olds.resourceUrn };
      const { inputs } = await checkImage(asked, none, context(), olds, new Operation());
      expect(diffImage(outputs, { ...inputs, digest: olds.digest }, none)).toMatchObject(NO_CHANGE);
    }
  });
});
