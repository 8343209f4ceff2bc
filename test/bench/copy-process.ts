/**
 * Copies one image into an empty cache as the agent does, and prints the seconds.
 *
 *     node copy-process.ts STORE CACHE NAME@sha256:DIGEST
 */
import { ImageReferenceText } from "../../contract/image-reference.ts";
import { ImageCache } from "../../execute-node/agent/cache.ts";
import { ImageStore } from "../../execute-node/agent/image-store.ts";

const [store = "", folder = "", reference] = process.argv.slice(2);
const cache = new ImageCache({ folder, store: new ImageStore(store), limitGiB: undefined });
await cache.open(() => false);
const began = performance.now();
await cache.use(
  ImageReferenceText.parse(reference),
  () => {},
  async () => {},
);
console.log((performance.now() - began) / 1000);
