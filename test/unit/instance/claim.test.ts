import { expect, test } from "vitest";
import { claimOf, commandUrn } from "../../../provider/instance/claim.ts";
import { keyOf, logicalNameOf } from "../../../provider/instance/resource-urn.ts";

const acknowledged = true;

test("a machine that a person launches has the key of their account, which a second launch finds again", () => {
  const key = keyOf(commandUrn("alice", "web"));
  expect(key).toBe("cli/alice/condor-cloud:command:Instance/web");
  expect(logicalNameOf(commandUrn("alice", "web"))).toBe("web");
  expect(claimOf({ name: "web", key, acknowledged })).toEqual({ by: "person", user: "alice" });
});

test.each(["a b", "EXAMPLE\\alice", "alice@example.org", "a:::b", "a/b", "ä", "a%2Fb"])(
  "an account named %j is told from every other",
  (user) => {
    const key = keyOf(commandUrn(user, "web"));
    expect(key.split("/")).toHaveLength(4);
    expect(claimOf({ name: "web", key, acknowledged })).toEqual({ by: "person", user });
  },
);

test("no stack's resource has such a key, whatever its project, stack and parents are called", () => {
  const type = "pulumi-nodejs:dynamic/pulumi-condor:CondorInstance";
  for (const types of [type, `condor-cloud:command:Instance$${type}`]) {
    const key = keyOf(`urn:pulumi:alice::cli::${types}::web`);
    expect(key).not.toBe(keyOf(commandUrn("alice", "web")));
    expect(claimOf({ name: "web", key, acknowledged })).toEqual({ by: "stack", project: "cli", stack: "alice" });
  }
});

test("a machine that nobody acknowledged is nobody's yet, and one without a name nobody's", () => {
  const key = "shop/dev/type/web";
  expect(claimOf({ name: "web", key, acknowledged: false })).toEqual({ by: "nobody-yet" });
  expect(claimOf({ name: "", key, acknowledged: false })).toEqual({ by: "nobody" });
  expect(claimOf({ name: "web", key, acknowledged })).toEqual({ by: "stack", project: "shop", stack: "dev" });
});

test("a key that no command of ours made is shown as it is", () => {
  const key = "cli/%zz/condor-cloud:command:Instance/web";
  expect(claimOf({ name: "web", key, acknowledged })).toEqual({ by: "person", user: "%zz" });
});
