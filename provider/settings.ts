import { isAbsolute } from "node:path";
import { z } from "zod";
import { DEFAULT_PROFILES, Profiles } from "../contract/profiles.ts";
import { InvalidInputError } from "./errors.ts";

const text = z.string().min(1);

/** A folder. A relative one would mean another in each program, shell and provider process. */
const folder = text.refine(isAbsolute, {
  error: (issue) => `${JSON.stringify(issue.input)} is not an absolute path; give the whole path, from / on`,
});

/** A switch, which configuration and environment give as text. */
const flag = z
  .union([z.boolean(), z.enum(["true", "false"])], 'must be "true" or "false"')
  .transform((value) => value === true || value === "true");

const ADDRESSES_EXPECTED = 'must be the absolute path of a file with addresses, or a list of { "mac": …, "ip": … }';

/** What a stack or a shell may configure; everything has a default but the store. */
export const SettingsInput = z.strictObject({
  /** The folder of the image store, as this process sees it. Configuration `condor:store`, `CONDOR_CLOUD_STORE`. */
  store: folder.optional(),
  /** The schedd's name, as `condor_q -name` takes it; absent: the local one. `condor:schedd`, `CONDOR_CLOUD_SCHEDD`. */
  schedd: text.optional(),
  /** The collector's address, as `-pool` takes it; absent: the local configuration's. `condor:pool`, `CONDOR_CLOUD_POOL`. */
  pool: text.optional(),
  /** A folder with HTCondor's client commands, looked at before PATH. `condor:commands`, `CONDOR_CLOUD_COMMANDS`. */
  commands: folder.optional(),
  /** Profiles that add to the default ones or override them. `condor:profiles`, an object. */
  profiles: Profiles.optional(),
  /**
   * Whether a create takes over a living machine of its key that no state owns, instead of refusing.
   * `condor:adoptExisting`, `CONDOR_CLOUD_ADOPT_EXISTING`; default: false.
   */
  adoptExisting: flag.optional(),
  /**
   * The fixed addresses that machines may have: the path of a file (docs/addresses.md), or the pairs themselves, which are
   * checked when they are needed. `condor:addresses`; `CONDOR_CLOUD_ADDRESSES`, the path of a file.
   */
  addresses: z.union([folder, z.array(z.unknown())], ADDRESSES_EXPECTED).optional(),
});

/** The settings of one process, defaults filled in. */
export interface Settings {
  readonly store: string | undefined;
  readonly schedd: string | undefined;
  readonly pool: string | undefined;
  readonly commands: string | undefined;
  readonly profiles: Profiles;
  readonly adoptExisting: boolean;
  /** A file's path, or the pairs as they were given; absent: there are none. */
  readonly addresses?: string | readonly unknown[] | undefined;
}

/**
 * Joins configuration and environment; configuration wins.
 *
 * @param configured - what the stack's configuration says, by the names of {@link SettingsInput}
 * @throws InvalidInputError naming each setting that cannot be used
 */
export function readSettings(
  configured: Readonly<Record<string, unknown>> = {},
  environment: NodeJS.ProcessEnv = process.env,
): Settings {
  const given = {
    store: environment.CONDOR_CLOUD_STORE || undefined,
    schedd: environment.CONDOR_CLOUD_SCHEDD || undefined,
    pool: environment.CONDOR_CLOUD_POOL || undefined,
    commands: environment.CONDOR_CLOUD_COMMANDS || undefined,
    adoptExisting: environment.CONDOR_CLOUD_ADOPT_EXISTING || undefined,
    addresses: environment.CONDOR_CLOUD_ADDRESSES || undefined,
    ...Object.fromEntries(Object.entries(configured).filter(([, value]) => value !== undefined)),
  };
  const parsed = SettingsInput.safeParse(given);
  if (!parsed.success) {
    throw new InvalidInputError({
      what: "The configuration cannot be used.",
      why: parsed.error.issues.map((issue) => `condor:${issue.path.join(".")}: ${issue.message}`).join("\n  "),
      remedy: "Correct it with `pulumi config set`.",
    });
  }
  return {
    store: parsed.data.store,
    schedd: parsed.data.schedd,
    pool: parsed.data.pool,
    commands: parsed.data.commands,
    profiles: { ...DEFAULT_PROFILES, ...parsed.data.profiles },
    adoptExisting: parsed.data.adoptExisting ?? false,
    addresses: parsed.data.addresses,
  };
}
