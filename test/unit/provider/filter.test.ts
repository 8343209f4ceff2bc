import { expect, test } from "vitest";
import { matches } from "../../../provider/filter.ts";

const web = { name: "web", state: "running", owner: "alice", labels: { role: "web", zone: "a" } };

test("a filter without wishes lets everything pass, also what has no labels", () => {
  expect(matches({}, web)).toBe(true);
  expect(matches({ labels: {} }, { name: "web" })).toBe(true);
});

test("each wish narrows, and all of them count", () => {
  expect(matches({ name: "web", state: "running", owner: "alice", labels: { role: "web" } }, web)).toBe(true);
  for (const other of [{ name: "we" }, { state: "queued" }, { owner: "bob" }, { labels: { role: "db" } }]) {
    expect(matches({ ...other }, web)).toBe(false);
    expect(matches({ name: "web", ...other }, web)).toBe(false);
  }
});

test("a label that a thing lacks is no match, whatever objects inherit", () => {
  expect(matches({ labels: { team: "" } }, web)).toBe(false);
  expect(matches({ labels: { constructor: "Object" } }, web)).toBe(false);
  expect(matches({ labels: { role: "web" } }, { name: "web" })).toBe(false);
});
