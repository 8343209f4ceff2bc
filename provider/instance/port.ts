import { connect } from "node:net";

/** How long a guest has to answer: one that drops what it gets must not hold up who watches the queue. */
const CONNECT_MILLISECONDS = 2000;

/**
 * Knocks at a TCP port of a guest once.
 *
 * @param signal - ends the knocking
 * @returns undefined when the connection was accepted, else why not, in the system's word (`ECONNREFUSED`)
 */
export async function knock(host: string, port: number, signal: AbortSignal): Promise<string | undefined> {
  return await new Promise((resolve) => {
    const socket = connect({ host, port, signal, timeout: CONNECT_MILLISECONDS });
    const answer = (words: string | undefined) => {
      socket.destroy();
      resolve(words);
    };
    socket.once("connect", () => answer(undefined));
    socket.once("timeout", () => answer(`no answer within ${CONNECT_MILLISECONDS / 1000} s`));
    socket.once("error", (error: NodeJS.ErrnoException) => {
      answer(signal.aborted ? "no answer yet" : (error.code ?? error.message));
    });
  });
}
