import { expect, test } from "vitest";
import { TimedOutError } from "../../../provider/errors.ts";
import {
  CommandFailedError,
  PermissionError,
  PoolUnreachableError,
  UnexpectedOutputError,
} from "../../../provider/htcondor/errors.ts";
import { Operation } from "../../../provider/operation.ts";
import { patiently } from "../../../provider/patience.ts";

const parts = { what: "No.", why: "Because\nof this." };

/** Fails with each of these in turn, then answers how often it was asked. */
function failing(...failures: readonly Error[]) {
  const left = [...failures];
  return async () => {
    const failure = left.shift();
    if (failure !== undefined) throw failure;
    return failures.length + 1;
  };
}

test("a pool that is silent is asked again, and whoever waits is told so", async () => {
  const said: string[] = [];
  const operation = new Operation({ timeoutSeconds: 30, progress: (message) => said.push(message) });
  expect(await patiently(operation, "it", failing(new PoolUnreachableError("condor_q", parts)))).toBe(2);
  expect(said).toEqual(["waiting for the pool to answer (Because of this.)"]);
});

test("patience ends with the operation, and the error says what was waited for and HTCondor's words", async () => {
  const silent = async () => {
    throw new PoolUnreachableError("condor_q", parts);
  };
  const waited = patiently(new Operation({ timeoutSeconds: 0.05 }), "the reading of job 1.0", silent);
  await expect(waited).rejects.toBeInstanceOf(TimedOutError);
  await expect(waited).rejects.toThrow(
    /the reading of job 1.0 was waiting for the pool to answer \(Because of this.\)/,
  );
});

test("an answer that cannot be read is asked for once more, at once", async () => {
  const garbage = new UnexpectedOutputError("condor_q", parts);
  const operation = new Operation({ timeoutSeconds: 0.5 });
  expect(await patiently(operation, "it", failing(garbage))).toBe(2);
  await expect(patiently(operation, "it", failing(garbage, garbage))).rejects.toBe(garbage);
});

test.each([
  new PermissionError("condor_q", parts),
  new CommandFailedError("condor_q", parts),
  new TypeError("a defect"),
])("what would fail again is not tried again: %s", async (failure) => {
  await expect(patiently(new Operation({ timeoutSeconds: 30 }), "it", failing(failure))).rejects.toBe(failure);
});
