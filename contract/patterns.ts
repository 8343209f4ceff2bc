import { z } from "zod";

/**
 * What the words may look like that travel through submit descriptions, ClassAds, paths, domain XML and command
 * lines. Everything a person may write freely travels as base64 instead, so no pattern here admits a quote, a blank,
 * a `$`, a path separator or a control character.
 */

/** An instance's name: a DNS label (RFC 1123), because it becomes the guest's host name and the job's `executable`. */
export const InstanceName = z
  .string()
  .regex(
    /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/,
    "must be a DNS label: lower-case letters, digits and inner hyphens, at most 63",
  );

/** An image's name: lower-case words joined by `.`, `_` or `-`; it becomes a file name in the store. */
export const ImageName = z
  .string()
  .regex(
    /^(?=.{1,128}$)[a-z0-9]+(?:[._-]+[a-z0-9]+)*$/,
    "must be lower-case letters and digits joined by '.', '_' or '-', at most 128 characters",
  )
  .refine((name) => !name.includes(".."), "must not contain '..'");

/** A SHA-256 digest in lower-case hexadecimal. */
export const Digest = z.string().regex(/^[0-9a-f]{64}$/, "must be 64 lower-case hexadecimal digits");

/** A unicast MAC address in lower case. */
export const MacAddress = z
  .string()
  .regex(
    /^[0-9a-f][02468ace](?::[0-9a-f]{2}){5}$/,
    "must be a unicast MAC address in lower case, like 02:00:5e:10:00:01",
  );

/** The name under which an administrator offers a network on an execute node. */
export const NetworkName = z
  .string()
  .regex(/^[a-z0-9](?:[-_a-z0-9]{0,30})$/, "must be lower-case letters, digits, '-' or '_', at most 31 characters");

/** The name of one of a machine's network interfaces. */
export const InterfaceName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,14}$/, "must be a lower-case letter, then letters, digits or '-', at most 15 characters");

/** A profile's name. */
export const ProfileName = z
  .string()
  .regex(
    /^[a-z0-9](?:[-_.a-z0-9]{0,62})$/,
    "must be lower-case letters, digits, '-', '_' or '.', at most 63 characters",
  );

/**
 * HTCondor's `GlobalJobId`: `<schedd>#<cluster>.<proc>#<queue time>`. Unique for ever, where cluster numbers repeat
 * after a pool is rebuilt (HTCondor manual, "Job ClassAd Attributes").
 */
export const GlobalJobId = z
  .string()
  .max(300)
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._@-]*#[0-9]{1,10}\.[0-9]{1,10}#[0-9]{1,12}$/,
    "must be a GlobalJobId, like ap.example#12.0#1764000000",
  );

/** A label's key, as Kubernetes and the clouds allow it; its value is free text and travels as base64. */
export const LabelKey = z
  .string()
  .regex(
    /^[A-Za-z0-9](?:[A-Za-z0-9._/-]{0,61}[A-Za-z0-9])?$/,
    "must be letters, digits and inner '.', '_', '/' or '-', at most 63",
  );

/** The most that all labels of one instance may take together, as JSON in UTF-8. */
export const LABELS_MAX_BYTES = 16_384;

/** Free-text labels: searchable by people and programs, never interpreted. */
export const Labels = z
  .record(LabelKey, z.string())
  .refine(
    (labels) => Buffer.byteLength(JSON.stringify(labels)) <= LABELS_MAX_BYTES,
    `all labels together must not exceed ${LABELS_MAX_BYTES} bytes`,
  );
