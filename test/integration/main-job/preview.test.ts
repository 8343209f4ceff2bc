import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { makeStack, type TestStack } from "../pool/stack.ts";
import { preview, totalMemoryMiB } from "./previews.ts";

const profile = { memoryMiB: 128, vcpus: 1 };

let world: TestStack;

/** Previews with another configuration of the pool. */
async function previewWith(name: string, value: string) {
  await world.stack.setConfig(name, { value });
  return await preview(world).finally(() => world.stack.removeConfig(name));
}

/** A folder of commands with a `condor_status` of its own. */
async function commandsWith(name: string, script: string): Promise<string> {
  const folder = join(world.folder, name);
  await mkdir(folder);
  await writeFile(join(folder, "condor_status"), `#!/bin/sh\n${script}\n`);
  await chmod(join(folder, "condor_status"), 0o755);
  return folder;
}

beforeAll(async () => {
  world = await makeStack("preview");
});
afterAll(async () => {
  await world.dispose();
});

describe("what a preview knows of the pool", () => {
  test("a machine that no node could ever hold fails in it, with the largest that exists and what to do", async () => {
    const most = await totalMemoryMiB();
    await world.declare({ web: { profile: { memoryMiB: most + 1, vcpus: 1 } } });
    expect((await preview(world)).failure).toMatch(
      new RegExp(
        `property profile[\\s\\S]*could ever hold ${most + 1} MiB and 1 vCPU; the largest that any can hold: ${most} MiB and \\d+ vCPUs? on exec1[^ ]*\\. Ask for`,
      ),
    );
  });

  test("machines for which nothing is free together are one warning for those that will queue", async () => {
    const half = { memoryMiB: Math.ceil((await totalMemoryMiB()) / 2) + 1, vcpus: 1 };
    await world.declare({ first: { profile: half }, second: { profile: half }, third: { profile: half } });
    expect(await preview(world)).toEqual({
      failure: "",
      warnings: [
        expect.stringMatching(
          /A machine of \d+ MiB and 1 vCPU has to queue.*of this program asked for before it\.\s+exec1\S*: has \d+ MiB of memory free of \d+ needed/,
        ),
      ],
    });
  });

  test("twenty machines cost one question", async () => {
    const log = join(world.folder, "asked");
    const real = `PATH='${inject("environment").PATH}' exec condor_status "$@"`;
    const commands = await commandsWith("counting", `echo "$*" >> '${log}'\n${real}`);
    await world.declare(Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`m${index}`, { profile }])));
    expect(await previewWith("condor:commands", commands)).toMatchObject({ failure: "" });
    expect((await readFile(log, "utf8")).trim().split("\n")).toHaveLength(1);
  });
});

describe("a pool that a preview cannot ask is one warning, whatever the number of machines:", () => {
  beforeAll(async () => {
    await world.declare({ a: { profile }, b: { profile }, c: { profile } });
  });

  test("one that is not there", async () => {
    expect(await previewWith("condor:pool", "127.0.0.1:1")).toEqual({
      failure: "",
      warnings: [expect.stringMatching(/goes on without knowing the pool's capacity\.\s+condor_status got no answer/)],
    });
  });

  test("one whose command prints garbage", async () => {
    const commands = await commandsWith("garbage", "echo '<html>502 Bad Gateway</html>'");
    expect(await previewWith("condor:commands", commands)).toEqual({
      failure: "",
      warnings: [expect.stringMatching(/goes on without knowing the pool's capacity\.\s+[\s\S]*condor_status/)],
    });
  });
});
