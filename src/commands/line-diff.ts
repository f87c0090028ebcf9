/** Two texts as a unified diff: what is the same near a change, and the change. */

/** Lines of context around a change, as `diff -u` shows them. */
const context = 3;
/** Beyond this many lines that differ at all, the middle is told as one change: the table below grows with their product. */
const maxCompared = 1500;

interface Step {
  readonly mark: " " | "-" | "+";
  readonly line: string;
}

/** Empty when nothing differs. */
export function unifiedDiff(before: readonly string[], after: readonly string[]): readonly string[] {
  const steps = compare(before, after);
  const changes = steps.flatMap(({ mark }, index) => (mark === " " ? [] : [index]));
  const out: string[] = [];
  for (let at = 0; at < changes.length; ) {
    const start = Math.max(0, (changes[at] ?? 0) - context);
    let last = changes[at] ?? 0;
    // Changes whose contexts touch are shown as one piece.
    while (at < changes.length && (changes[at] ?? 0) <= last + context * 2 + 1) {
      last = changes[at] ?? 0;
      at += 1;
    }
    const piece = steps.slice(start, last + context + 1);
    out.push(headOf(steps.slice(0, start), piece), ...piece.map(({ mark, line }) => mark + line));
  }
  return out;
}

function headOf(before: readonly Step[], piece: readonly Step[]): string {
  const range = (mark: "-" | "+"): string => {
    const count = piece.filter((step) => step.mark === " " || step.mark === mark).length;
    const start = before.filter((step) => step.mark === " " || step.mark === mark).length;
    return `${mark}${count === 0 ? start : start + 1},${count}`;
  };
  return `@@ ${range("-")} ${range("+")} @@`;
}

function compare(before: readonly string[], after: readonly string[]): readonly Step[] {
  let head = 0;
  while (head < before.length && head < after.length && before[head] === after[head]) head += 1;
  let tail = 0;
  while (
    tail < before.length - head &&
    tail < after.length - head &&
    before[before.length - 1 - tail] === after[after.length - 1 - tail]
  ) {
    tail += 1;
  }
  const same = (line: string): Step => ({ mark: " ", line });
  return [
    ...before.slice(0, head).map(same),
    ...middle(before.slice(head, before.length - tail), after.slice(head, after.length - tail)),
    ...before.slice(before.length - tail).map(same),
  ];
}

/** By the longest common subsequence. */
function middle(before: readonly string[], after: readonly string[]): readonly Step[] {
  const gone = (line: string): Step => ({ mark: "-", line });
  const come = (line: string): Step => ({ mark: "+", line });
  if (Math.max(before.length, after.length) > maxCompared) return [...before.map(gone), ...after.map(come)];
  const width = after.length + 1;
  /** How many lines the rests from here on have in common. */
  const common = new Uint16Array((before.length + 1) * width);
  const at = (left: number, right: number): number => common[left * width + right] ?? 0;
  for (let left = before.length - 1; left >= 0; left -= 1) {
    for (let right = after.length - 1; right >= 0; right -= 1) {
      common[left * width + right] =
        before[left] === after[right]
          ? at(left + 1, right + 1) + 1
          : Math.max(at(left + 1, right), at(left, right + 1));
    }
  }
  const steps: Step[] = [];
  let left = 0;
  let right = 0;
  while (left < before.length || right < after.length) {
    if (left < before.length && right < after.length && before[left] === after[right]) {
      steps.push({ mark: " ", line: before[left] ?? "" });
      left += 1;
      right += 1;
    } else if (left < before.length && (right === after.length || at(left + 1, right) >= at(left, right + 1))) {
      steps.push(gone(before[left] ?? ""));
      left += 1;
    } else {
      steps.push(come(after[right] ?? ""));
      right += 1;
    }
  }
  return steps;
}
