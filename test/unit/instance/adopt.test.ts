import { describe, expect, test } from "vitest";
import { nextStep } from "../../../provider/instance/adopt.ts";
import { sampleJob } from "../htcondor/samples.ts";
import { queued } from "./samples.ts";

const wanted = sampleJob();
const unacknowledged = (status: number) => queued({ status }, sampleJob({ labels: { other: "label" } }));
const acknowledged = (status: number) => queued({ status }, sampleJob({ acknowledged: true }));
const earlier = (status: number) =>
  queued({ status, globalJobId: "ap#13.0#1" }, sampleJob({ size: { memoryMiB: 96, vcpus: 1 } }));

describe("a create that looks for a predecessor", () => {
  test("submits where there is none", () => {
    expect(nextStep(wanted, [])).toEqual({ kind: "submit" });
  });

  test.each([1, 2, 5, 6, 7])("adopts its own unacknowledged machine, whatever its labels: JobStatus %d", (status) => {
    const job = unacknowledged(status);
    expect(nextStep(wanted, [job])).toEqual({ kind: "adopt", job });
  });

  test.each([1, 2, 5, 6, 7])("neither doubles nor steals an acknowledged one: JobStatus %d", (status) => {
    const job = acknowledged(status);
    expect(nextStep(wanted, [job])).toEqual({ kind: "refuse", job });
    expect(nextStep(wanted, [earlier(1), unacknowledged(1), job])).toEqual({ kind: "refuse", job });
  });

  test.each([1, 2, 5])("neither doubles nor steals one that cannot be read: JobStatus %d", (status) => {
    const job = queued({ status });
    expect(nextStep(wanted, [job])).toEqual({ kind: "refuse", job });
    expect(nextStep(wanted, [unacknowledged(1), job])).toEqual({ kind: "refuse", job });
  });

  test.each([1, 2, 5])("clears away what a dead create of an earlier declaration left: JobStatus %d", (status) => {
    const job = earlier(status);
    expect(nextStep(wanted, [job])).toEqual({ kind: "clear", jobs: [job] });
    expect(nextStep(wanted, [unacknowledged(1), job])).toEqual({ kind: "clear", jobs: [job] });
  });

  test("keeps one of two machines of its own", () => {
    const [first, second] = [unacknowledged(2), queued({ globalJobId: "ap#13.0#1" }, sampleJob())];
    expect(nextStep(wanted, [first, second])).toEqual({ kind: "clear", jobs: [second] });
  });

  test("waits for one that is being removed, for it still holds the address", () => {
    const job = acknowledged(3);
    expect(nextStep(wanted, [job])).toEqual({ kind: "wait", job });
  });

  test("passes over one that has completed", () => {
    expect(nextStep(wanted, [acknowledged(4), earlier(4)])).toEqual({ kind: "submit" });
  });
});
