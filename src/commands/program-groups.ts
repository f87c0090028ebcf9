/** What the files of commands share. */
export interface JsonOption {
  readonly json?: boolean;
}

/** Runs a command and keeps its exit code. */
export type Act = (code: Promise<number>) => Promise<void>;

/** Appended to a command's help; a line that is too long for the page goes on in the next one, as shells read it. */
export function examples(lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => wrapped(line).join(" \\\n      ")).join("\n")}`;
}

/** The width that every terminal has. */
export const pageWidth = 80;

function wrapped(line: string): readonly string[] {
  const lines: string[] = [];
  let rest = `  ${line}`;
  // Further lines stand further in, and all but the last end in a backslash.
  for (let room = pageWidth; rest.length > room; room = pageWidth - 6) {
    const cut = rest.lastIndexOf(" ", room - 2);
    if (cut < 4) break;
    lines.push(rest.slice(0, cut));
    rest = rest.slice(cut + 1);
  }
  return [...lines, rest];
}
