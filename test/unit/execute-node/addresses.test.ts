import { expect, test } from "vitest";
import { acceptedAddress } from "../../../execute-node/agent/addresses.ts";

const found = (ipAddress: string, part: { lease?: string; fresh?: boolean } = {}) => ({
  ipAddress,
  lease: part.lease,
  fresh: part.fresh ?? true,
});
const UNKNOWN = { leaseBefore: undefined, ipAddress: undefined };

test("an address that was heard of late is the machine's, also when it changed", () => {
  expect(acceptedAddress(found("10.0.0.7"), UNKNOWN)).toBe("10.0.0.7");
  expect(acceptedAddress(found("10.0.0.9"), { ...UNKNOWN, ipAddress: "10.0.0.7" })).toBe("10.0.0.9");
});

test("a stale neighbour and the lease of an earlier machine say nothing", () => {
  expect(acceptedAddress(found("10.0.0.7", { fresh: false }), UNKNOWN)).toBeUndefined();
  expect(acceptedAddress(found("10.0.0.7", { lease: "then" }), { ...UNKNOWN, leaseBefore: "then" })).toBeUndefined();
  expect(acceptedAddress(found("10.0.0.7", { lease: "now" }), { ...UNKNOWN, leaseBefore: "then" })).toBe("10.0.0.7");
});

test("silence takes no address back", () => {
  expect(acceptedAddress(undefined, { ...UNKNOWN, ipAddress: "10.0.0.7" })).toBe("10.0.0.7");
  expect(acceptedAddress(found("10.0.0.9", { fresh: false }), { ...UNKNOWN, ipAddress: "10.0.0.7" })).toBe("10.0.0.7");
});
