import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { readAhead, writeWhole } from "../../../execute-node/agent/fetch.ts";
import { inTime } from "../../../execute-node/agent/in-time.ts";

test("a read that fails while the chunk before it is written is an error for the copy alone", async () => {
  let reads = 0;
  const read = async (buffer: Buffer) => {
    if (reads++ > 0) throw new Error("EIO");
    return { bytesRead: 10, buffer };
  };
  const copy = async () => {
    // Longer than Node.js waits before it calls a rejection unhandled.
    for await (const _chunk of readAhead(read)) await sleep(20);
  };
  await expect(copy()).rejects.toThrow("EIO");
});

test("bytes that the disk took only in part are written on, and a disk that takes none is an error", async () => {
  const written: number[] = [];
  const output = {
    write: async (bytes: Buffer, _offset: number, length: number, position: number) => {
      written.push(position);
      return { bytesWritten: Math.min(4, length), buffer: bytes };
    },
  };
  await writeWhole(output, Buffer.alloc(10), 100);
  expect(written).toEqual([100, 104, 108]);
  const full = { write: async (buffer: Buffer) => ({ bytesWritten: 0, buffer }) };
  await expect(writeWhole(full, Buffer.alloc(10), 0)).rejects.toThrow("no more bytes");
});

test("work that hangs is given up with the name of who hangs", async () => {
  await expect(inTime(new Promise(() => {}), 0.02, "the image store")).rejects.toThrow(
    "the image store gave no answer within 0.02 s",
  );
  expect(await inTime(Promise.resolve(7), 1, "the image store")).toBe(7);
});
