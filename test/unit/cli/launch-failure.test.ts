import { expect, test } from "vitest";
import { launchFailure, remedyOf } from "../../../cli/instance/launch-failure.ts";
import { openContext } from "../../../provider/context.ts";
import { TimedOutError } from "../../../provider/errors.ts";
import { AlreadyExistsError } from "../../../provider/instance/errors.ts";
import { readSettings } from "../../../provider/settings.ts";
import { sampleJob } from "../htcondor/samples.ts";
import { ID, queued } from "../instance/samples.ts";

const context = openContext(readSettings({}, {}));

test("what is left of a launch is said, and how to remove it", () => {
  const own = remedyOf(queued({}, sampleJob({ acknowledged: true })), "web", "12.0");
  expect(own).toMatch(/^The machine web \(12\.0\) is left and is yours: .*terminate 12\.0` removes it\.$/);
  const unclaimed = remedyOf(queued({}, sampleJob({ acknowledged: false })), "web", "12.0");
  expect(unclaimed).toMatch(
    /nobody claims it: HTCondor removes it at \S+Z, the same launch goes on with it\. .*terminate/,
  );
  expect(remedyOf("gone", "web", "12.0")).toBe("Nothing is left of it.");
  expect(remedyOf("unknown", "web", "12.0")).toMatch(/is not known.*terminate 12\.0/);
});

test("a name that is taken is told of in the words of commands, not of Pulumi", async () => {
  const error = new AlreadyExistsError(ID, { what: "It exists already.", remedy: "`pulumi up`" });
  const failure = await launchFailure(error, "web", context);
  expect(failure).toMatchObject({ id: ID, code: "in-use", what: "It exists already." });
  expect(String(failure)).not.toContain("pulumi");
  expect(String(failure)).toContain("another name than web");
});

test("what leaves no machine stays as it is", async () => {
  const error = new TimedOutError({ what: "Nothing was submitted." });
  expect(await launchFailure(error, "web", context)).toBe(error);
});
