/** What joins two readings must be at least so long: a shorter match may be chance. In characters. */
const JOINT_LEAST = 32;

/** What begins an escape sequence, and the most that is waited for of one. */
const ESCAPE = "\u001b";
const ESCAPE_MAX = 64;

/** A reading that began in the middle of a character has none of that character. */
const CUT_BEGINNING = /^\ufffd{1,3}/;

/** What a reading of a console says beyond the one before. */
export interface Growth {
  /** What is new, as the guest wrote it. */
  readonly text: string;
  /** Whether it follows what was there before; false: something in between was missed, or the console began anew. */
  readonly joins: boolean;
  /** What is to be compared with the next reading. */
  readonly reading: string;
}

/**
 * What is new in a reading of a console. A reading is the end of a text that grows, whose beginning its node may have cut
 * off since, or that is another machine's by now: so the longest end of what was read before that the new reading begins
 * with is where the two join. Text that repeats itself through a whole reading may lose repetitions.
 *
 * @param before - the reading before; empty: there was none
 */
export function growthOf(before: string, raw: string): Growth {
  const after = settled(raw.replace(CUT_BEGINNING, ""));
  const joint = jointOf(before, after);
  // The settled end of the same text: nothing new, and the longer reading stays the one to compare with.
  if (joint === after.length && before.endsWith(after)) return { text: "", joins: true, reading: before };
  const joins = joint >= Math.min(JOINT_LEAST, before.length);
  return { text: joins ? after.slice(joint) : after, joins, reading: after };
}

/** A text without what the next reading may complete: half a character, half an escape sequence, half a line end. */
export function settled(text: string): string {
  const whole = text.replace(/(?:\ufffd{1,3}|\r)$/, "");
  const begun = whole.lastIndexOf(ESCAPE);
  if (begun < 0 || whole.length - begun > ESCAPE_MAX) return whole;
  return /[A-Za-z\n]/.test(whole.slice(begun)) ? whole : whole.slice(0, begun);
}

/** The length of the longest end of one text that the other begins with (Knuth, Morris, Pratt), in linear time. */
function jointOf(before: string, after: string): number {
  const borders = new Int32Array(after.length);
  for (let index = 1, border = 0; index < after.length; index++) {
    while (border > 0 && after[index] !== after[border]) border = borders[border - 1] ?? 0;
    if (after[index] === after[border]) border++;
    borders[index] = border;
  }
  let matched = 0;
  for (let index = Math.max(0, before.length - after.length); index < before.length; index++) {
    if (matched === after.length) matched = borders[matched - 1] ?? 0;
    while (matched > 0 && before[index] !== after[matched]) matched = borders[matched - 1] ?? 0;
    if (before[index] === after[matched]) matched++;
  }
  return matched;
}
