import type { Context } from "../../../provider/context.ts";
import { checkImage } from "../../../provider/image/check.ts";
import { createImage } from "../../../provider/image/lifecycle.ts";
import { Operation } from "../../../provider/operation.ts";

/** Adds a file to the store as the provider does. @returns its reference, `name@sha256:<digest>` */
export async function addImage(context: Context, name: string, source: string): Promise<string> {
  const operation = new Operation();
  const given = { resourceUrn: `urn:pulumi:test::test::condor:Image::${name}`, source };
  const { inputs, failures } = await checkImage(given, new Set(), context, {}, operation);
  if (failures.length > 0) throw new Error(`The image ${name} was refused: ${JSON.stringify(failures)}`);
  return (await createImage(inputs, context, operation)).id;
}
