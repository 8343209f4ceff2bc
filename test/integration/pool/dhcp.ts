import { DHCP_HOSTS_FILE, DHCP_PID_FILE } from "../../../sandbox/lan.ts";
import { runIn } from "../../../sandbox/machine.ts";
import { theSandbox } from "./nodes.ts";

/** Writes the file, then has the server read it anew; given the lines, the file, and the file of its process. */
const WRITE = 'printf %s "$1" > "$2" && kill -HUP "$(cat "$3")"';

/**
 * Sets the fixed addresses that the DHCP server of the sandbox's network `lan` keeps, in place of those before.
 *
 * @param addresses - the address by MAC address, of the sandbox's `lan`: `10.<octet>.250.10` to `.199`
 */
export async function reserveOnLan(addresses: Readonly<Record<string, string>>): Promise<void> {
  const { manager } = await theSandbox();
  const lines = Object.entries(addresses).map(([macAddress, address]) => `${macAddress},${address}\n`);
  await runIn(manager, ["sh", "-c", WRITE, "sh", lines.join(""), DHCP_HOSTS_FILE, DHCP_PID_FILE]);
}
