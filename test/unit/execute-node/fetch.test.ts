import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { dataRuns, readAhead, writeWhole } from "../../../execute-node/agent/fetch.ts";
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

test("what is not zero is written in runs as long as they go, and blocks of zeros are left out", () => {
  const block = 4096;
  const chunk = Buffer.alloc(5 * block + 10);
  expect(dataRuns(chunk)).toEqual([]);
  chunk[0] = 1;
  chunk[2 * block - 1] = 1;
  chunk[3 * block + 7] = 1;
  expect(dataRuns(chunk)).toEqual([
    { start: 0, end: 2 * block },
    { start: 3 * block, end: 4 * block },
  ]);
  expect(dataRuns(Buffer.alloc(5 * block + 10, 1))).toEqual([{ start: 0, end: 5 * block + 10 }]);
  chunk[5 * block + 9] = 1;
  expect(dataRuns(chunk).at(-1)).toEqual({ start: 5 * block, end: 5 * block + 10 });
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
