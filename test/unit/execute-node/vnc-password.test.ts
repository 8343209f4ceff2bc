import { expect, test } from "vitest";
import { newVncPassword } from "../../../execute-node/agent/vnc-password.ts";

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
