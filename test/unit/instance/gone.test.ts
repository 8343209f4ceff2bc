import { expect, test } from "vitest";
import { LEASE_OVER_REASON, UNCLAIMED_REASON } from "../../../provider/htcondor/submit-description.ts";
import { goneWarning } from "../../../provider/instance/gone.ts";
import { observe } from "../../../provider/instance/state.ts";
import { sampleJob } from "../htcondor/samples.ts";
import { ID, queued } from "./samples.ts";

const leased = { ...sampleJob({ acknowledged: true }), lease: { seconds: 3600, until: 1_795_600_000 } };

test.each([
  ["powered itself off", { status: 4 }, "its guest powered off"],
  [
    "was removed by a person",
    { status: 3, removeReason: "via condor_rm (by user alice)" },
    "its job was removed (HTCondor: via condor_rm (by user alice))",
  ],
  ["was removed without a word", { status: 3 }, "its job was removed"],
  ["outlived its lease", { status: 3, removeReason: LEASE_OVER_REASON }, "its lease ended at 2026-11-25T09:46:40.000Z"],
  [
    "was never acknowledged",
    { status: 3, removeReason: UNCLAIMED_REASON },
    "no create acknowledged it by its deadline",
  ],
])("a machine that %s is told of with how it ended, and what comes next", (_what, change, how) => {
  const seen = observe(queued(change, leased), undefined);
  expect(goneWarning(ID, "web", seen)).toBe(
    `The machine web (job 12.0) is gone: ${how}. The next \`pulumi up\` makes a new one.`,
  );
});

test("a machine of which nobody knows anything is told of by its job", () => {
  expect(goneWarning(ID, undefined, undefined)).toBe(
    "The machine of job 12.0 is gone: neither the queue nor the history knows its job any more. The next `pulumi up` makes a new one.",
  );
});
