import type { Context } from "../context.ts";
import { InvalidInputError } from "../errors.ts";
import type { Store } from "../store/store.ts";

/** The configured image store. Throws an InvalidInputError where none is. */
export function storeOf(context: Context): Store {
  if (context.store !== undefined) return context.store;
  throw new InvalidInputError({
    what: "No image store is configured.",
    remedy:
      "Name the folder that the execute nodes read: `pulumi config set condor:store FOLDER`, or CONDOR_CLOUD_STORE.",
  });
}
