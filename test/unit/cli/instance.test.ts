import { expect, test } from "vitest";
import { instanceTable } from "../../../cli/instance/instance-table.ts";
import { viewOf } from "../../../provider/instance/view.ts";
import { sampleJob } from "../htcondor/samples.ts";
import { failure, queued, report } from "../instance/samples.ts";

const now = Date.now();
const running = viewOf(
  queued({ status: 2, slot: "slot1@exec1" }, sampleJob({ name: "web" })),
  report({ state: "running", message: "all is well" }),
  undefined,
  now,
);
const refused = viewOf(queued({ lastRunAt: 1 }, sampleJob({ name: "db" })), undefined, failure("no\nroom"), now);

test("the list says below it, in one line each, why a machine does not run", () => {
  const views = [running, refused].filter((view) => view !== undefined);
  const [headings, web, db, ...below] = instanceTable(views).split("\n");
  expect(headings).toMatch(/^NAME .*OWNER$/);
  expect(web).toMatch(/^web +small +running .*alice$/);
  expect(db).toMatch(/^db +small +queued .*alice$/);
  expect(below).toEqual(["db (12.0) is queued: exec1: no room"]);
});

test("the list says how much is left of a lease, by the access point's clock", () => {
  const lease = { seconds: 14_400, until: 1_795_600_000 };
  const job = queued({ serverTime: lease.until - 11_520 }, { ...sampleJob({ acknowledged: true }), lease });
  const view = viewOf(job, undefined, undefined, now);
  expect(view).toMatchObject({ leaseEndsAt: "2026-11-25T09:46:40.000Z", leaseLeftSeconds: 11_520 });
  expect(running).toMatchObject({ leaseEndsAt: "", leaseLeftSeconds: undefined });
  expect(instanceTable(view ? [view] : [])).toContain(" 3h 12m left  12.0 ");
  expect(instanceTable(running ? [running] : [])).toContain(" -   ");
});

test("the list says nothing more where all machines run", () => {
  const views = [running].filter((view) => view !== undefined);
  expect(instanceTable(views).split("\n")).toHaveLength(2);
});

test("words of others command no terminal", () => {
  const evil = refused && { ...refused, message: "no\u001b]0;title\u0007 room\u009b2J" };
  expect(instanceTable(evil ? [evil] : [])).toContain("db (12.0) is queued: no ]0;title room 2J");
});
