/**
 * Makes one question of those that come together: however many ask, one is being answered and one waits. Whoever asks
 * gets an answer that was begun after asking, never an older one.
 *
 * @param ask - puts the question; what it throws reaches all who shared it
 */
export function sharing<T>(ask: () => Promise<T>): () => Promise<T> {
  let current: Promise<T> | undefined;
  let following: Promise<T> | undefined;
  const begin = (): Promise<T> => {
    const answer = ask().finally(() => {
      if (current === answer) current = undefined;
    });
    current = answer;
    return answer;
  };
  return () => {
    if (current === undefined) return begin();
    const goOn = () => {
      following = undefined;
      return begin();
    };
    following ??= current.then(goOn, goOn);
    return following;
  };
}
