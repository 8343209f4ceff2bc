import { expect, test } from "vitest";
import { InvalidInputError } from "../../../provider/errors.ts";
import { JobNotFoundError } from "../../../provider/htcondor/errors.ts";
import { isCloudError } from "../../../sdk/errors.ts";

test("a program tells our errors apart from others, and from each other by their code", () => {
  for (const error of [new InvalidInputError({ what: "No." }), new JobNotFoundError("ap#1.0#1", { what: "Gone." })]) {
    expect(isCloudError(error)).toBe(true);
    if (isCloudError(error)) expect(["invalid-input", "not-found"]).toContain(error.code);
  }
  const others = [undefined, null, "no", new Error("no"), { code: "held", what: "no" }];
  for (const other of [...others, Object.assign(new Error("no"), { code: "ENOENT" })]) {
    expect(isCloudError(other)).toBe(false);
  }
});
