import { expect, test } from "vitest";
import { InvalidInputError } from "../../../provider/errors.ts";
import { readSettings } from "../../../provider/settings.ts";

test("the configuration wins over the environment", () => {
  const environment = { CONDOR_CLOUD_STORE: "/from/environment", CONDOR_CLOUD_SCHEDD: "ap.example" };
  const settings = readSettings({ store: "/from/configuration" }, environment);
  expect(settings).toMatchObject({ store: "/from/configuration", schedd: "ap.example" });
});

test.each(["store", "commands"])("a relative folder is refused, since it means another to each process: %s", (name) => {
  for (const path of ["images", "./images", "~/images"]) {
    const read = () => readSettings({ [name]: path }, {});
    expect(read).toThrow(InvalidInputError);
    expect(read).toThrow(`condor:${name}: "${path}" is not an absolute path`);
  }
});

test("whether machines are adopted is off, and a switch in words for configuration and environment", () => {
  expect(readSettings({}, {}).adoptExisting).toBe(false);
  expect(readSettings({ adoptExisting: "true" }, {}).adoptExisting).toBe(true);
  expect(readSettings({ adoptExisting: true }, {}).adoptExisting).toBe(true);
  expect(readSettings({}, { CONDOR_CLOUD_ADOPT_EXISTING: "true" }).adoptExisting).toBe(true);
  expect(readSettings({ adoptExisting: "false" }, { CONDOR_CLOUD_ADOPT_EXISTING: "true" }).adoptExisting).toBe(false);
  expect(() => readSettings({ adoptExisting: "yes" }, {})).toThrow(/condor:adoptExisting: must be "true" or "false"/);
});
