/** Quotes any text as one word of a POSIX shell. Throws for a NUL, which no argument can hold. */
export function shellQuote(text: string): string {
  if (text.includes("\0")) throw new TypeError("A shell word cannot hold a NUL character");
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
