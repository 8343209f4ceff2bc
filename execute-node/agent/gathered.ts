/** For what is told often and done once: the action follows the first of several calls after so many milliseconds. */
export function gathered(milliseconds: number, action: () => void): () => void {
  let isDue = false;
  return () => {
    if (isDue) return;
    isDue = true;
    setTimeout(() => {
      isDue = false;
      action();
    }, milliseconds);
  };
}
