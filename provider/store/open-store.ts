import type { Settings } from "../settings.ts";
import { FolderStore } from "./folder-store.ts";
import type { Store } from "./store.ts";

/** Opens the configured image store; undefined when none is configured. Touches nothing yet. */
export function openStore(settings: Settings): Store | undefined {
  return settings.store === undefined ? undefined : new FolderStore(settings.store);
}
