import { CloudError, type CloudErrorParts } from "../errors.ts";

/** All pairs of the address pool that the machine could have are held by others. */
export class AddressesExhaustedError extends CloudError {
  readonly code = "in-use";
  /** Whether one of those that hold them is on its way out. */
  readonly isFreeing: boolean;

  constructor(isFreeing: boolean, parts: CloudErrorParts) {
    super(parts);
    this.isFreeing = isFreeing;
  }
}

/** A live job has the MAC address that a program gives. */
export class MacInUseError extends CloudError {
  readonly code = "in-use";
}

/** The pool's central manager does not keep two machines from one MAC address. */
export class UnguardedError extends CloudError {
  readonly code = "refused";
}
