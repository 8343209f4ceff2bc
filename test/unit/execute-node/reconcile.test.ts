import { expect, test } from "vitest";
import { instanceFolderName } from "../../../execute-node/agent/instance-folders.ts";
import {
  DOMAIN_GRACE_SECONDS,
  decide,
  FOLDER_GRACE_SECONDS,
  type KnownMachine,
  unneededFolders,
} from "../../../execute-node/agent/reconcile.ts";

const ID = "ap#1.0#1764000000";
const NOTHING = { destroy: [], remove: [] };
const machine = (part: Partial<KnownMachine>): KnownMachine => ({
  globalJobId: ID,
  jobUnseenSeconds: 1000,
  preparing: false,
  domainName: undefined,
  starterGone: false,
  ...part,
});

test("a machine whose job is in a slot stays", () => {
  expect(decide([machine({ domainName: "d" })], new Set([ID]), [])).toEqual(NOTHING);
});

test("a domain whose starter was killed ends as soon as no slot runs its job, and not before", () => {
  const orphan = machine({ domainName: "d", jobUnseenSeconds: 0, starterGone: true });
  expect(decide([orphan], new Set(), [])).toEqual({ destroy: ["d"], remove: [] });
  expect(decide([orphan], new Set([ID]), [])).toEqual(NOTHING);
  expect(decide([{ ...orphan, starterGone: false }], new Set(), [])).toEqual(NOTHING);
});

test("nothing is decided while the startd does not answer", () => {
  expect(decide([machine({ domainName: "d" }), machine({})], undefined, [])).toEqual(NOTHING);
});

test("a machine that is being prepared stays", () => {
  expect(decide([machine({ preparing: true })], new Set(), [])).toEqual(NOTHING);
});

test("a folder without a job and without a domain goes after its grace", () => {
  expect(decide([machine({ jobUnseenSeconds: FOLDER_GRACE_SECONDS - 1 })], new Set(), [])).toEqual(NOTHING);
  expect(decide([machine({ jobUnseenSeconds: FOLDER_GRACE_SECONDS })], new Set(), [])).toEqual({
    destroy: [],
    remove: [ID],
  });
});

test("a domain without a job is ended after its grace, its folder only once it is gone", () => {
  expect(decide([machine({ domainName: "d", jobUnseenSeconds: DOMAIN_GRACE_SECONDS - 1 })], new Set(), [])).toEqual(
    NOTHING,
  );
  const late = machine({ domainName: "d", jobUnseenSeconds: DOMAIN_GRACE_SECONDS });
  expect(decide([late], new Set(), [])).toEqual({ destroy: ["d"], remove: [] });
});

test("a folder that a domain may use which libvirt cannot describe stays", () => {
  expect(decide([machine({})], new Set(), ["cloud_pool.test_1.0"])).toEqual(NOTHING);
  expect(decide([machine({})], new Set(), ["cloud_pool.test_11.0", "other"]).remove).toEqual([ID]);
});

test("a folder whose record cannot be read goes once no slot, no machine and no undescribed domain needs it", () => {
  const folder = instanceFolderName(ID);
  const folders = new Set([folder]);
  expect(unneededFolders(folders, [], undefined, [])).toEqual([]);
  expect(unneededFolders(folders, [], new Set([ID]), [])).toEqual([]);
  expect(unneededFolders(folders, [machine({ domainName: "d" })], new Set(), [])).toEqual([]);
  expect(unneededFolders(folders, [], new Set(), ["cloud_pool.test_1.0"])).toEqual([]);
  expect(unneededFolders(folders, [], new Set(["no GlobalJobId"]), ["other"])).toEqual([folder]);
});
