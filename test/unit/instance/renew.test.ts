import { expect, test } from "vitest";
import type { CloudJob } from "../../../contract/job-ad.ts";
import { renewLease } from "../../../provider/instance/renew.ts";
import { FakeCondor } from "../htcondor/fake-condor.ts";
import { sampleJob } from "../htcondor/samples.ts";
import { ID, queued } from "./samples.ts";

const NOW = 1_795_600_000;
const HOUR = 3600;

/** Renews the lease of a machine in a queue with this job. */
async function renew(job: CloudJob | undefined, givenSeconds?: number) {
  const condor = new FakeCondor();
  condor.jobs.push({ GlobalJobId: ID });
  const renewal = await renewLease(queued({ serverTime: NOW }, job), givenSeconds, condor.context());
  return { renewal, attributes: condor.jobs[0] };
}
const acknowledged = sampleJob({ acknowledged: true });
const leased = { ...acknowledged, lease: { seconds: HOUR, until: NOW + 60 } };

test("a renewed lease is as long as the machine's own, from now on by the access point's clock", async () => {
  const { renewal, attributes } = await renew(leased);
  expect(attributes).toMatchObject({ CloudLeaseSeconds: HOUR, CloudLeaseUntil: NOW + HOUR });
  expect(renewal).toEqual({
    id: ID,
    jobId: "12.0",
    name: "web",
    leaseEndsAt: new Date((NOW + HOUR) * 1000).toISOString(),
    leaseLeftSeconds: HOUR,
  });
});

test("a renewal of another length leaves the lease's own length as it is", async () => {
  const { attributes } = await renew(leased, 60);
  expect(attributes).toMatchObject({ CloudLeaseSeconds: HOUR, CloudLeaseUntil: NOW + 60 });
});

test("a machine without a lease gets one of the given length", async () => {
  const { attributes } = await renew(acknowledged, HOUR);
  expect(attributes).toMatchObject({ CloudLeaseSeconds: HOUR, CloudLeaseUntil: NOW + HOUR });
});

test.each([
  ["has none, and none is given", acknowledged, /has no lease: it stays until somebody removes it.*--for 4h/s],
  ["has not begun", { ...leased, acknowledged: false }, /is still being made/],
  ["cannot be read", undefined, /cannot be read as a machine/],
])("a lease that %s is not renewed, and it is said what to do", async (_what, job, words) => {
  await expect(renew(job)).rejects.toThrow(words);
});
