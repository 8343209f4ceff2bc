import { readdir, rm, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { runIn } from "../../../sandbox/machine.ts";
import { condorCloud } from "../pool/command-line.ts";
import { theSandbox } from "../pool/nodes.ts";
import { condor } from "../pool/queue.ts";
import { eventually } from "../pool/wait.ts";

describe("commands while the schedd is down", () => {
  const answers = () =>
    condor("condor_q", "-totals").then(
      () => true,
      () => false,
    );
  let store: string;
  let dead: string;

  beforeAll(async () => {
    store = inject("environment").CONDOR_CLOUD_STORE ?? "";
    dead = join(store, "sha256", ".incoming-elsewhere.2.abc");
    await writeFile(dead, "half");
    await utimes(dead, new Date(0), new Date(0));
    await runIn((await theSandbox()).manager, ["condor_off", "-fast", "-daemon", "schedd"]);
    await eventually("the schedd to be gone", answers, (does) => !does);
  });
  afterAll(async () => {
    await runIn((await theSandbox()).manager, ["condor_on", "-daemon", "schedd"]);
    await eventually("the schedd to be back", answers, (does) => does);
    await rm(dead, { force: true });
  });

  test.concurrent.each([
    ["the list of machines", ["instance", "list"]],
    ["the list for programs", ["instance", "list", "--json"]],
    ["a machine", ["instance", "show", "web"]],
    ["a termination", ["instance", "terminate", "--yes", "web"]],
    ["a pruning, which removes nothing", ["image", "prune"]],
  ])("%s says so and fails", async (_what, words) => {
    const { exitCode, stdout, stderr } = await condorCloud(words);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
    expect(stderr).toMatch(/^waiting for the pool to answer \(.*schedd/);
    expect(stderr).toMatch(/\nTimed out after 60 s while .* was waiting for the pool to answer/);
    expect(await readdir(join(store, "sha256"))).toContain(".incoming-elsewhere.2.abc");
  });

  test.concurrent("images are listed all the same, and a completion says nothing", async () => {
    expect((await condorCloud(["image", "list"])).stdout).toMatch(/^small /m);
    expect((await condorCloud(["image", "show", "small"])).stdout).toMatch(/\nmachines +not known\n/);
    expect(await condorCloud(["complete", "--", "instance", "show", ""])).toMatchObject({
      exitCode: 0,
      stdout: ":4",
      stderr: "",
    });
  });
});
