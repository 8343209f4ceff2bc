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
