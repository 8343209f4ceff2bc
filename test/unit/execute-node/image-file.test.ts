import { expect, test } from "vitest";
import { parseQcow2Head } from "../../../execute-node/agent/image-file.ts";

/** A qcow2 header of version 3, without anything that leads elsewhere. */
function header(change: (head: Buffer) => void = () => {}): Buffer {
  const head = Buffer.alloc(65536);
  head.writeUInt32BE(0x514649fb, 0);
  head.writeUInt32BE(3, 4);
  head.writeBigUInt64BE(25_165_824n, 24);
  head.writeUInt32BE(104, 100);
  change(head);
  return head;
}

const PLAIN = { virtualSizeBytes: 25_165_824, encrypted: false, backingFile: false, dataFile: false };

test("a plain image leads nowhere", () => expect(parseQcow2Head(header())).toEqual(PLAIN));

test("a backing file is seen", () => {
  expect(parseQcow2Head(header((head) => head.writeBigUInt64BE(512n, 8)))?.backingFile).toBe(true);
});

test("encryption is seen", () => {
  expect(parseQcow2Head(header((head) => head.writeUInt32BE(2, 32)))?.encrypted).toBe(true);
});

test("an external data file is seen by its feature bit", () => {
  expect(parseQcow2Head(header((head) => head.writeUInt32BE(4, 76)))?.dataFile).toBe(true);
});

test("an external data file is seen by its name, behind another extension", () => {
  const head = header((bytes) => {
    bytes.writeUInt32BE(0x6803f857, 104);
    bytes.writeUInt32BE(5, 108);
    bytes.writeUInt32BE(0x44415441, 120);
    bytes.writeUInt32BE(11, 124);
  });
  expect(parseQcow2Head(head)?.dataFile).toBe(true);
});

test("an extension that claims to be endless ends the search", () => {
  const head = header((bytes) => {
    bytes.writeUInt32BE(1, 104);
    bytes.writeUInt32BE(0xffffffff, 108);
  });
  expect(parseQcow2Head(head)).toEqual(PLAIN);
});

test.each([
  Buffer.alloc(0),
  Buffer.alloc(65536),
  Buffer.from("QFI\xfb", "latin1"),
  header((head) => head.writeUInt32BE(9, 4)),
])("what is no qcow2 of a known version is none", (bytes) => expect(parseQcow2Head(bytes)).toBeUndefined());
