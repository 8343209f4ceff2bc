import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { AddressesExhaustedError, MacInUseError, UnguardedError } from "../../../provider/address/errors.ts";
import {
  CLOUD_ERROR_CODES,
  type CloudError,
  InterruptedError,
  InvalidInputError,
  TimedOutError,
} from "../../../provider/errors.ts";
import {
  CommandFailedError,
  CommandMissingError,
  JobNotFoundError,
  PermissionError,
  PoolUnreachableError,
  RefusedError,
  UnexpectedOutputError,
  WrongScheddError,
} from "../../../provider/htcondor/errors.ts";
import { NoSuchImageError } from "../../../provider/image/find.ts";
import {
  AlreadyExistsError,
  CloudInitFailedError,
  EndedError,
  HeldError,
  InitializationError,
  OrphanedError,
  UnsatisfiableError,
} from "../../../provider/instance/errors.ts";
import { NoSuchMachineError } from "../../../provider/instance/find.ts";
import { DamagedManifestError, InUseError, StoreError } from "../../../provider/store/errors.ts";

const ID = "ap.example#1.0#1";
const parts = { what: "It happened.", why: "For this.", remedy: "Do that." };

const errors: readonly CloudError[] = [
  ...[InvalidInputError, TimedOutError, InterruptedError, OrphanedError].map((Class) => new Class(parts)),
  ...[NoSuchMachineError, NoSuchImageError, StoreError, DamagedManifestError].map((Class) => new Class(parts)),
  ...[WrongScheddError, JobNotFoundError, EndedError, HeldError].map((Class) => new Class(ID, parts)),
  ...[UnsatisfiableError, AlreadyExistsError, CloudInitFailedError].map((Class) => new Class(ID, parts)),
  ...[RefusedError, PermissionError, PoolUnreachableError].map((Class) => new Class("condor_q", parts)),
  ...[CommandFailedError, UnexpectedOutputError].map((Class) => new Class("condor_q", parts)),
  new CommandMissingError("condor_q", undefined),
  ...[MacInUseError, UnguardedError].map((Class) => new Class(parts)),
  new AddressesExhaustedError(false, parts),
  new InUseError("web@sha256:0", ["a (1.0)"]),
];

/** The table's rows: a code, and the names of its classes. */
async function documented(): Promise<[code: string, classes: string[]][]> {
  const text = await readFile(join(import.meta.dirname, "../../../docs/errors.md"), "utf8");
  return [...text.matchAll(/^\| `([a-z-]+)` \| ([\w, ]+) \|/gm)].map(([, code = "", names = ""]) => [
    code,
    names.split(", "),
  ]);
}

describe("the table of errors in the documentation", () => {
  test("has each code once, in their order", async () => {
    expect((await documented()).map(([code]) => code)).toEqual(CLOUD_ERROR_CODES);
  });

  test("has each class, at the code that it carries", async () => {
    const carried = (code: string) => errors.filter((error) => error.code === code).map(({ name }) => name);
    for (const [code, classes] of await documented()) expect(carried(code).sort(), code).toEqual(classes.sort());
  });
});

test.each(errors.map((error) => [error.name, error] as const))("%s says what, why and what to do", (_, error) => {
  for (const part of [error.what, error.why, error.remedy])
    if (part !== undefined) expect(error.message).toContain(part);
  expect(error.what).not.toBe("");
  expect(error.remedy).toBeTruthy();
});

test("a machine that is not ready carries its id and what its cause says", () => {
  const error = new InitializationError(ID, { state: "held" }, new HeldError(ID, parts));
  expect(error).toMatchObject({ ...parts, code: "held", id: ID, outputs: { state: "held" } });
});
