import { readFile, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { dataPath, manifestPath } from "../../../contract/store-layout.ts";
import { openContext } from "../../../provider/context.ts";
import { checkImage } from "../../../provider/image/check.ts";
import { createImage, deleteImage, readImage } from "../../../provider/image/lifecycle.ts";
import { Operation } from "../../../provider/operation.ts";
import { readSettings } from "../../../provider/settings.ts";
import { StoreError } from "../../../provider/store/errors.ts";
import { qcow2, temporaryFolder } from "../store/images.ts";

const resourceUrn = "urn:pulumi:dev::shop::pulumi-nodejs:dynamic/condor:Image::debian";

/** A store and a checked image; no test here comes to ask the pool. */
async function world() {
  const store = await temporaryFolder();
  const source = join(await temporaryFolder(), "disk.qcow2");
  await writeFile(source, qcow2());
  const context = openContext(readSettings({ store }, {}));
  const check = async (more: Record<string, unknown> = {}) =>
    (await checkImage({ resourceUrn, source, ...more }, new Set(), context, {}, new Operation())).inputs;
  return { store, source, context, check };
}

describe("an image", () => {
  test("is recorded under its reference, with what the store found and what was asked for", async () => {
    const { context, check } = await world();
    const inputs = await check({ labels: { team: "shop" } });
    const { id, outputs } = await createImage(inputs, context, new Operation());
    expect(id).toBe(`debian@sha256:${inputs.digest}`);
    expect(outputs).toEqual({
      ...inputs,
      sourceStamp: undefined,
      reference: id,
      format: "qcow2",
      virtualSizeGiB: 1,
      sizeBytes: 256 * 1024,
      createdAt: expect.stringMatching(/^\d{4}-.*Z$/),
    });
  });

  test("is kept with what its guest boots by, for the nodes to read", async () => {
    const { context, check } = await world();
    const { outputs } = await createImage(await check({ firmware: "uefi" }), context, new Operation());
    expect(outputs).toMatchObject({ firmware: "uefi", machineType: "q35", architecture: "x86_64" });
    expect(await context.store?.find("debian")).toMatchObject({ firmware: "uefi", machineType: "q35" });
  });

  test("of an earlier version, whose manifest says neither, reads with what is meant by that", async () => {
    const { context, check, store } = await world();
    const { id, outputs } = await createImage(await check({ architecture: "i686" }), context, new Operation());
    const path = manifestPath(store, "debian");
    const { firmware: _f, machineType: _m, ...old } = JSON.parse(await readFile(path, "utf8"));
    await writeFile(path, JSON.stringify(old));
    expect(await readImage(id, outputs, context, new Operation())).toEqual({ id, outputs });
  });

  test("is read as it was made, also when its source is gone", async () => {
    const { context, check, source } = await world();
    const made = await createImage(await check(), context, new Operation());
    await rm(source);
    expect(await readImage(made.id, made.outputs, context, new Operation())).toEqual(made);
  });

  test.each([
    ["its bytes are missing", (store: string, digest: string) => rm(dataPath(store, digest))],
    ["its bytes are cut short", (store: string, digest: string) => truncate(dataPath(store, digest), 1000)],
    [
      "its bytes are others",
      (store: string, digest: string) => writeFile(dataPath(store, digest), qcow2({ version: 2 })),
    ],
    ["its manifest is missing", (store: string) => rm(manifestPath(store, "debian"))],
    ["its manifest is damaged", (store: string) => writeFile(manifestPath(store, "debian"), "{")],
  ])("is gone when %s, and a new creation puts it back", async (_what, damage) => {
    const { context, check, store } = await world();
    const inputs = await check();
    const { id, outputs } = await createImage(inputs, context, new Operation());
    await damage(store, String(inputs.digest));
    expect(await readImage(id, outputs, context, new Operation())).toBeUndefined();
    const again = await createImage(inputs, context, new Operation());
    expect(again.id).toBe(id);
    expect(await readImage(id, again.outputs, context, new Operation())).toEqual(again);
  });

  test("is not gone because the store cannot be read", async () => {
    const { context, check, store } = await world();
    const { id, outputs } = await createImage(await check(), context, new Operation());
    await rm(store, { recursive: true });
    await expect(readImage(id, outputs, context, new Operation())).rejects.toThrow(StoreError);
  });

  test("whose words changed is replaced without losing its bytes", async () => {
    const { context, check } = await world();
    const old = await createImage(await check(), context, new Operation());
    await new Promise((resolve) => setTimeout(resolve, 5));
    const anew = await createImage(await check({ description: "new words" }), context, new Operation());
    expect(anew.id).toBe(old.id);
    await deleteImage(old.id, old.outputs, context);
    expect(await readImage(anew.id, anew.outputs, context, new Operation())).toEqual(anew);
  });

  test("is not made from a file that changed after the preview", async () => {
    const { context, check, source } = await world();
    const inputs = await check();
    await writeFile(source, qcow2({ version: 2 }));
    await expect(createImage(inputs, context, new Operation())).rejects.toThrow(/changed since the preview/);
  });
});
