import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { type Example, makeExample } from "../pool/example.ts";
import { guestAnswer } from "../pool/guest-answer.ts";
import { queue } from "../pool/queue.ts";

let example: Example;

describe("the quickstart, as a user gets it", () => {
  beforeAll(async () => {
    example = await makeExample("quickstart");
  });
  afterAll(() => example.dispose());

  test("type-checks against the packed package and boots its fleet", async () => {
    await example.stack.setConfig("image", { value: inject("guest") });
    const { outputs } = await example.stack.up();
    const addresses: string[] = [outputs.webAddress?.value, ...(outputs.workerAddresses?.value ?? [])];
    expect(addresses).toHaveLength(3);
    expect(new Set(addresses).size).toBe(3);
    for (const address of addresses) expect(await guestAnswer(address, "/id")).toContain(address);
    expect(
      (await queue()).map((job) => [job.CloudName, job.CloudProfile, job.JobVMMemory, job.JobVM_VCPUS]).sort(),
    ).toEqual([
      ["web", "medium", 1024, 2],
      ["worker-1", "small", 512, 1],
      ["worker-2", "small", 512, 1],
    ]);
    await example.stack.destroy();
    expect(await queue()).toEqual([]);
  });
});
