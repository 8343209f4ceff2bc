/** How START's part of ours begins. */
const OURS = "ifThenElse(TARGET.JobUniverse =?= 13,";

/**
 * Whether an expression can only be true where our part of START is: it is that part, or joins it by && alone, in
 * parentheses or not. Pure.
 */
export function isBoundByOurs(expression: string): boolean {
  const text = expression.trim();
  const end = closingAt(text, text.indexOf("("));
  if (text.startsWith(OURS) && end === text.length - 1) return true;
  if (text.startsWith("(") && end === text.length - 1) return isBoundByOurs(text.slice(1, -1));
  if (splitOutside(text, /^(?:\|\||\?)/).length > 1) return false;
  const parts = splitOutside(text, /^&&/);
  return parts.length > 1 && parts.some(isBoundByOurs);
}

/** Where the parenthesis that opens at an index closes; -1 where none does. */
function closingAt(text: string, open: number): number {
  if (open < 0) return -1;
  return scan(text, (index, depth) => index > open && depth === 0 && text[index] === ")") ?? -1;
}

/** The pieces of a text between the operators that stand outside of parentheses and strings. */
function splitOutside(text: string, operator: RegExp): string[] {
  const pieces: string[] = [];
  let begin = 0;
  scan(text, (index, depth) => {
    // `=?=` is another operator.
    const found = depth === 0 && text[index - 1] !== "=" ? operator.exec(text.slice(index, index + 2)) : null;
    if (found !== null && index >= begin) {
      pieces.push(text.slice(begin, index));
      begin = index + found[0].length;
    }
    return false;
  });
  return [...pieces, text.slice(begin)];
}

/** Walks outside of strings, and gives the first index that is wanted; a closing parenthesis has the outer depth. */
function scan(text: string, isWanted: (index: number, depth: number) => boolean): number | undefined {
  let depth = 0;
  for (let index = 0; index < text.length; index++) {
    const quote = text[index];
    if (quote === '"' || quote === "'") {
      do index += text[index] === "\\" ? 2 : 1;
      while (index < text.length && text[index] !== quote);
      continue;
    }
    if (quote === ")") depth--;
    if (isWanted(index, depth)) return index;
    if (quote === "(") depth++;
  }
  return undefined;
}
