/**
 * What the one constant line in a stack's state loads: `require("pulumi-condor/dynamic").image`, `.instance`, or
 * `.fleet`. This module's path and these three names must work for ever, because a destroy uses the line that was stored
 * years ago. Loaded by Pulumi's own CommonJS process: no top-level await here or in anything it imports.
 */
import { Session } from "./session.ts";
import { shell } from "./shell.ts";

const session = new Session();

/** The provider of `CondorImage`. */
export const image = shell(session, async () => {
  const { checkImage } = await import("../provider/image/check.ts");
  const { diffImage } = await import("../provider/image/diff.ts");
  const { createImage, readImage, deleteImage } = await import("../provider/image/lifecycle.ts");
  return {
    check: checkImage,
    diff: diffImage,
    create: createImage,
    read: readImage,
    async update(id) {
      throw new TypeError(`An image has no changes in place, and yet one of ${id} was asked for`);
    },
    delete: deleteImage,
  };
});

/** The provider of `CondorInstance`. */
export const instance = shell(session, async () => {
  const { checkInstanceInPool } = await import("../provider/instance/fit.ts");
  const { diffInstance } = await import("../provider/instance/diff.ts");
  const { retoldWarning } = await import("../provider/instance/retold.ts");
  const { createInstance, readInstance, updateInstance, deleteInstance } = await import(
    "../provider/instance/lifecycle.ts"
  );
  return {
    check: checkInstanceInPool,
    diff: diffInstance,
    warningOf: ({ replaces }) => retoldWarning(replaces),
    create: createInstance,
    read: readInstance,
    update: updateInstance,
    delete: deleteInstance,
  };
});

/** The provider of `CondorFleet`. */
export const fleet = shell(session, async () => {
  const { checkFleetInPool } = await import("../provider/fleet/fit.ts");
  const { diffFleet } = await import("../provider/fleet/diff.ts");
  const { createFleet, readFleet, updateFleet, deleteFleet } = await import("../provider/fleet/lifecycle.ts");
  return {
    check: checkFleetInPool,
    diff: diffFleet,
    boundsSteps: true,
    create: createFleet,
    read: readFleet,
    update: updateFleet,
    delete: deleteFleet,
  };
});
