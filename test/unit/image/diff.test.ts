import { describe, expect, test } from "vitest";
import { diffImage } from "../../../provider/image/diff.ts";

const state = {
  source: "/images/debian.qcow2",
  digest: "a".repeat(64),
  name: "debian",
  architecture: "x86_64",
  firmware: "bios",
  machineType: "q35",
  description: "",
  labels: { a: "1", b: "2" },
  reference: `debian@sha256:${"a".repeat(64)}`,
  createdAt: "2026-01-01T00:00:00.000Z",
};
const inputs = { source: state.source, digest: state.digest, name: "debian", labels: { b: "2", a: "1" } };
const none = new Set<string>();

describe("the difference between an image and what is asked for", () => {
  test("is none when nothing was said differently, whatever was left out", () => {
    expect(diffImage(state, inputs, none)).toEqual({ changes: false, replaces: [], deleteBeforeReplace: false });
  });

  test("is none when the file only moved, or only its times changed", () => {
    const moved = { ...inputs, source: "/elsewhere/debian.qcow2", sourceStamp: "1-2-3-4" };
    expect(diffImage(state, moved, none).changes).toBe(false);
  });

  test("is none when the resource has another URN or other timeouts", () => {
    const other = { ...inputs, resourceUrn: "urn:pulumi:a::b::c::d", timeouts: { createSeconds: 5 } };
    expect(diffImage({ ...state, resourceUrn: "urn:pulumi:a::b::c::e" }, other, none).changes).toBe(false);
  });

  test("is a replacement that names source and digest when the content changed", () => {
    const changed = diffImage(state, { ...inputs, digest: "b".repeat(64) }, none);
    expect(changed).toEqual({ changes: true, replaces: ["source", "digest"], deleteBeforeReplace: false });
  });

  test.each([
    ["name", "debian-13"],
    ["firmware", "uefi"],
    ["machineType", "pc"],
    ["description", "for the web"],
    ["labels", { a: "1" }],
  ])("is a replacement that names %s when that changed", (property, value) => {
    expect(diffImage(state, { ...inputs, [property]: value }, none)).toMatchObject({
      changes: true,
      replaces: [property],
    });
  });

  test("names the machine type beside the architecture where it follows from it", () => {
    const changed = { ...inputs, architecture: "i686", machineType: "pc" };
    expect(diffImage(state, changed, none).replaces).toEqual(["architecture", "machineType"]);
    expect(diffImage(state, { ...inputs, architecture: "i686", machineType: "q35" }, none).replaces).toEqual([
      "architecture",
    ]);
  });

  test("says nothing of a machine type that follows from an architecture not known yet", () => {
    const unknown = { ...inputs, architecture: "04da6b54-80e4-46f7-96ec-b56ff0331ba9" };
    expect(diffImage({ ...state, machineType: "pc" }, unknown, new Set(["architecture"])).replaces).toEqual([]);
  });

  test("is a change, and never a replacement, as long as a value is not known", () => {
    const { digest: _, ...withoutDigest } = inputs;
    expect(diffImage(state, withoutDigest, new Set(["source"]))).toMatchObject({ changes: true, replaces: [] });
    expect(diffImage(state, { ...inputs, name: "unknown" }, new Set(["name"])).replaces).toEqual([]);
  });

  test("is none for a state of an earlier version that knew fewer properties", () => {
    const { architecture: _a, firmware: _f, machineType: _m, description: _d, labels: _l, ...old } = state;
    const { labels: _, ...asked } = inputs;
    expect(diffImage(old, { ...asked, architecture: "x86_64", description: "", labels: {} }, none).changes).toBe(false);
  });

  test.each([
    ["x86_64", "q35"],
    ["i686", "pc"],
  ])(
    "is none after an upgrade from a version that knew neither firmware nor machine type: %s",
    (architecture, type) => {
      const { firmware: _f, machineType: _m, ...recorded } = { ...state, architecture };
      const checked = { ...inputs, architecture, firmware: "bios", machineType: type };
      expect(diffImage(recorded, checked, none)).toEqual({ changes: false, replaces: [], deleteBeforeReplace: false });
    },
  );
});
