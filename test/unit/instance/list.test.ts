import { expect, test } from "vitest";
import type { QueueJob } from "../../../provider/htcondor/jobs.ts";
import { imageUsers, listInstances } from "../../../provider/instance/list.ts";
import { FakeCondor } from "../htcondor/fake-condor.ts";
import { DIGEST, sampleJob } from "../htcondor/samples.ts";
import { failure, queued } from "./samples.ts";

/** A pool that has these jobs, all of one image. */
function contextWith(...jobs: QueueJob[]) {
  const { pool, ...context } = new FakeCondor().context();
  const list = async () => jobs.map((job) => ({ job, report: undefined }));
  return { ...context, pool: { ...pool, list, failure: async () => failure("no room"), withImage: async () => jobs } };
}

test("an image is used by each live machine, also by one whose attributes break the contract", async () => {
  const unreadable = queued({ clusterId: 13, status: 5 });
  const context = contextWith(
    queued({}, sampleJob({ name: "web" })),
    unreadable,
    queued({ status: 3 }),
    queued({ status: 4 }),
  );
  expect(await imageUsers(context, DIGEST)).toEqual([
    { name: "web", jobId: "12.0" },
    { name: "job 13.0", jobId: "13.0" },
  ]);
});

test("a list has the live machines by name, without those that cannot be read", async () => {
  const named = (name: string, status: number) => queued({ status }, sampleJob({ name, key: `shop/dev/t/${name}` }));
  const context = contextWith(named("web", 1), named("db", 2), queued(), named("old", 3), named("off", 4));
  expect((await listInstances(context)).map(({ name, state }) => [name, state])).toEqual([
    ["db", "starting"],
    ["web", "queued"],
  ]);
});

test("a list says why a machine that had a node already has none", async () => {
  const context = contextWith(
    queued({ lastRunAt: 1 }, sampleJob({ name: "web" })),
    queued({}, sampleJob({ name: "x" })),
  );
  expect((await listInstances(context)).map(({ message }) => message)).toEqual(["exec1: no room", ""]);
});
