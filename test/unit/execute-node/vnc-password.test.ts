import { expect, test } from "vitest";
import { newSealKeys, open } from "../../../contract/sealed.ts";
import { newVncPassword, newVncSecret } from "../../../execute-node/agent/vnc-password.ts";

test.each(["127.0.0.1", "127.8.0.1", "::1", "0:0:0:0:0:0:0:1"])(
  "a console that only the node reaches has no password: %s",
  (listen) => {
    expect(newVncPassword(listen)).toBeUndefined();
  },
);

test.each(["0.0.0.0", "192.168.1.2", "::", "fd00::1", "::ffff:10.0.0.1"])(
  "any other has one of its own: %s",
  (listen) => {
    const passwords = Array.from({ length: 50 }, () => newVncPassword(listen));
    expect(new Set(passwords).size).toBe(50);
    // None of 0 O o 1 l I.
    for (const password of passwords) expect(password).toMatch(/^[a-km-np-zA-HJ-NP-Z2-9]{8}$/);
  },
);

test("a password is sealed for the owner of the job's key, about that job", () => {
  const { publicKey, privateKey } = newSealKeys();
  const { vncPassword, sealedVncPassword = "" } = newVncSecret("0.0.0.0", publicKey, "ap#7.0#1");
  expect(vncPassword).toMatch(/^[A-Za-z0-9]{8}$/);
  expect(sealedVncPassword).not.toContain(vncPassword);
  expect(open(sealedVncPassword, privateKey, "ap#7.0#1")).toBe(vncPassword);
});

test("a password that nobody may know is not sealed, nor is there one on the loopback address", () => {
  expect(newVncSecret("0.0.0.0", undefined, "ap#7.0#1")).toEqual({ vncPassword: expect.any(String) });
  expect(newVncSecret("127.0.0.1", newSealKeys().publicKey, "ap#7.0#1")).toEqual({});
});

test("a key that nothing can be sealed for holds the job, with its attribute's name", () => {
  for (const key of ["AAAA", Buffer.alloc(32).toString("base64")]) {
    expect(() => newVncSecret("0.0.0.0", key, "ap#7.0#1")).toThrow(
      expect.objectContaining({ retry: false, message: expect.stringContaining("CloudSealKey") }),
    );
  }
});
