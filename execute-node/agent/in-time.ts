/** Work that gave no answer in time. */
export class TimeoutError extends Error {}

/**
 * Waits for work that might never end, such as a read from a file server that is gone: the kernel lets nobody call it
 * off, so it is left behind.
 *
 * @throws TimeoutError naming who did not answer
 */
export async function inTime<T>(work: Promise<T>, seconds: number, who: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TimeoutError(`${who} gave no answer within ${seconds} s`)), seconds * 1000);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
