import type { dynamic } from "@pulumi/pulumi";
import { describe, expect, test } from "vitest";
import { InvalidInputError, TimedOutError } from "../../../provider/errors.ts";
import { AlreadyExistsError, InitializationError } from "../../../provider/instance/errors.ts";
import type { Operation } from "../../../provider/operation.ts";
import type { Lifecycle } from "../../../sdk/lifecycle.ts";
import { Session } from "../../../sdk/session.ts";
import { shell } from "../../../sdk/shell.ts";
import { UNKNOWN } from "../../../sdk/values.ts";

const PROVIDER = "exports.handler = …";

/** A lifecycle of which a test says only what it needs. */
function provider(
  part: Partial<Lifecycle>,
  configuration: Record<string, string> = {},
  session = new Session(),
): dynamic.ResourceProvider {
  const missing = () => Promise.reject(new Error("not part of this test"));
  const whole = {
    check: missing,
    diff: () => expect.fail(),
    create: missing,
    read: missing,
    update: missing,
    delete: missing,
  };
  const made = shell(session, async () => ({ ...whole, ...part }));
  const config = { get: (key: string) => configuration[key], require: (key: string) => configuration[key] ?? "" };
  void made.configure?.({ config });
  return made;
}

describe("what a lifecycle sees", () => {
  test("are the resource's properties without the provider's code, and which of them are unknown", async () => {
    const seen: unknown[] = [];
    const made = provider({
      async check(news, unknown, _context, olds) {
        seen.push(news, [...unknown], olds);
        return { inputs: { ...news, image: "lost", profile: "small" }, failures: [] };
      },
    });
    const news = { image: UNKNOWN, name: "web", __provider: PROVIDER };
    const result = await made.check?.({ name: "old", __provider: PROVIDER }, news);
    expect(seen).toEqual([{ image: UNKNOWN, name: "web" }, ["image"], { name: "old" }]);
    expect(result).toEqual({ inputs: { image: UNKNOWN, name: "web", profile: "small" }, failures: [] });
  });

  test("is whether a refresh compares: what was read, and not checked since", async () => {
    const seen: boolean[] = [];
    const made = provider({
      check: async (inputs) => ({ inputs, failures: [] }),
      read: async (id, outputs) => ({ id, outputs }),
      diff(_olds, _news, _unknown, isRefresh) {
        seen.push(isRefresh);
        return { changes: false, replaces: [], deleteBeforeReplace: true };
      },
    });
    const [web, db] = [{ resourceUrn: "urn:web" }, { resourceUrn: "urn:db" }];
    const compare = async () => {
      await made.diff?.("1", web, web);
      await made.diff?.("2", db, db);
    };
    await compare();
    await made.read?.("1", web);
    await compare();
    await made.check?.(web, web);
    await compare();
    expect(seen).toEqual([false, false, true, false, false, false]);
  });

  test("may be warned of by what changes, in a plan and not in a refresh", async () => {
    const warned: unknown[] = [];
    const session = new (class extends Session {
      override warn(...said: unknown[]): void {
        warned.push(said);
      }
    })();
    const changed = { changes: true, replaces: ["userData"], deleteBeforeReplace: true };
    const made = provider(
      {
        check: async (inputs) => ({ inputs, failures: [] }),
        read: async (id, outputs) => ({ id, outputs }),
        diff: () => changed,
        warningOf: ({ replaces }) => `because of ${replaces}`,
      },
      {},
      session,
    );
    const web = { resourceUrn: "urn:web" };
    expect(await made.diff?.("1", web, web)).toEqual(changed);
    await made.read?.("1", web);
    await made.diff?.("1", web, web);
    expect(warned).toEqual([["urn:web", "because of userData"]]);
  });

  test("is the stack's configuration, structured values parsed", async () => {
    const made = provider(
      {
        async create(_inputs, context) {
          return { id: "1", outputs: { store: context.settings.store, tiny: context.settings.profiles.tiny } };
        },
      },
      { "condor:store": "/images", "condor:profiles": '{"tiny":{"memoryMiB":128,"vcpus":1}}' },
    );
    expect((await made.create({})).outs).toEqual({ store: "/images", tiny: { memoryMiB: 128, vcpus: 1 } });
  });

  test("is a configuration that cannot be used as an error of each call, not of the first alone", async () => {
    const made = provider({}, { "condor:profiles": "{" });
    for (let call = 0; call < 2; call++) await expect(made.create({})).rejects.toThrow(/condor:profiles/);
  });

  test.each([
    [{ timeouts: { createSeconds: 5 }, timeoutSeconds: 60 }, 5],
    [{ timeouts: { updateSeconds: 5 }, timeoutSeconds: 60 }, 60],
    [{}, Number.POSITIVE_INFINITY],
  ])("is its deadline: %j", async (inputs, expected) => {
    const operations: Operation[] = [];
    const made = provider({
      async create(_inputs, _context, operation) {
        operations.push(operation);
        return { id: "1", outputs: {} };
      },
    });
    await made.create(inputs);
    expect(operations[0]?.timeoutSeconds).toBe(expected);
  });
});

describe("the deadline of a removal", () => {
  test.each([
    [{ timeouts: { deleteSeconds: 5 }, timeoutSeconds: 60 }, 5],
    [{ timeouts: { createSeconds: 5 }, timeoutSeconds: 60 }, 600],
    [{ timeouts: {}, timeoutSeconds: 3600 }, 600],
    [{}, Number.POSITIVE_INFINITY],
  ])("is its own, not that of waiting for the machine: %j", async (state, expected) => {
    let seconds: number | undefined;
    const made = provider({
      async delete(_id, _state, _context, operation) {
        seconds = operation.timeoutSeconds;
      },
    });
    await made.delete?.("1", state);
    expect(seconds).toBe(expected);
  });
});

describe("what Pulumi's host sees", () => {
  test("is a resource without an id when it is gone", async () => {
    expect(await provider({ read: async () => undefined }).read?.("1", {})).toEqual({});
  });

  test("are drifted inputs only where there are any", async () => {
    const found = { id: "1", outputs: { labels: {} } };
    expect(await provider({ read: async () => found }).read?.("1", {})).toEqual({ id: "1", props: { labels: {} } });
    const drifted = { ...found, inputs: { labels: {} } };
    expect(await provider({ read: async () => drifted }).read?.("1", {})).toHaveProperty("inputs", { labels: {} });
  });

  test("is an error for people by its class and words, without a stack", async () => {
    const error = new InvalidInputError({ what: "The name is wrong.", why: "It is empty.", remedy: "Give one." });
    const shown = await provider({ create: () => Promise.reject(error) })
      .create({})
      .catch((caught: unknown) => caught);
    expect(`${shown}: ${shown instanceof Error ? shown.stack : ""}`).toBe(
      "InvalidInputError: The name is wrong.\n  It is empty.\n  Give one.",
    );
  });

  test("is a resource that exists and is not ready: with id, properties and reasons", async () => {
    const cause = new TimedOutError({ what: "Timed out.", remedy: "Run `pulumi up` again." });
    const error = new InitializationError("ap#1.0#1", { state: "idle", host: undefined }, cause);
    const shown = await provider({ create: () => Promise.reject(error) })
      .create({ __provider: "the line of code" })
      .catch((caught: unknown) => caught);
    expect(shown).toMatchObject({
      id: "ap#1.0#1",
      // Without its line of code the resource could never be deleted.
      properties: { state: "idle", __provider: "the line of code" },
      reasons: ["Timed out.\n  Run `pulumi up` again."],
    });
  });

  test("is never an id of another error, which it would record as a resource", async () => {
    const error = new AlreadyExistsError("ap#1.0#1", { what: "It exists.", why: "", remedy: "" });
    const shown = await provider({ create: () => Promise.reject(error) })
      .create({})
      .catch((caught: unknown) => caught);
    expect(shown).not.toHaveProperty("id");
  });

  test("is the stack of a defect", async () => {
    const error = new TypeError("undefined is not a function");
    const shown = await provider({ create: () => Promise.reject(error) })
      .create({})
      .catch((caught: unknown) => caught);
    expect(shown).toMatchObject({ message: error.message, stack: error.stack });
  });
});
