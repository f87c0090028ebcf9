/** S12: what reaches the terminal of text that tries to be more than text, in every field that a screen shows. */
import { firstForeign, hostileTexts } from "../../tui/hostile.ts";
import { walkHostile } from "../../tui/hostile-walk.ts";
import { naughtyStrings } from "../../fuzz/corpus.ts";
import type { BoardCase } from "../board/case.ts";
import type { Random } from "../board/random.ts";

const sizes = [
  { columns: 200, rows: 60 },
  { columns: 80, rows: 24 },
  { columns: 60, rows: 16 },
];

export const escapeCase: BoardCase = {
  id: "S12",
  title:
    "escape bytes, other controls, direction marks and invisible characters that reach the terminal, by class and by fuzzed string",
  aim: "0",
  peers: [],
  remark: "the proxies of the other columns have no screen",
  async run(context) {
    const { amount, random, say } = context;
    const found: string[] = [];
    let strings = 0;
    const walk = async (what: string, text: (field: string) => string, at: number): Promise<void> => {
      const { harness } = await walkHostile(text, sizes[at % sizes.length], at % 2 === 0);
      const foreign = firstForeign(harness.written.join(""));
      harness.close();
      if (foreign !== null) found.push(`${what}: ${foreign}`);
    };
    const classes = Object.entries(hostileTexts);
    const part = random.below(5);
    const tried = classes.filter((_, index) => amount !== "short" || index % 5 === part);
    for (const [index, [name, text]] of tried.entries()) await walk(name, () => `A${text}B`, index);
    const wanted = context.of({ short: 400, usual: 15_000, full: 100_000 });
    for (let round = 0; strings < wanted; round += 1) {
      const own = random.fork(`round ${round}`);
      const next = (field: string): string => {
        // Bodies have lines to fill; a name or a path has one.
        const count = /body|data|value/.test(field) ? 12 : 1;
        strings += count;
        return Array.from({ length: count }, () => fuzzed(own)).join("\n");
      };
      await walk(`round ${round}`, next, round);
      if (round % 50 === 49) say(`${strings} strings`);
    }
    return {
      figure: `${found.length} of ${tried.length} classes and ${strings} strings`,
      kept: found.length === 0,
      details: found,
    };
  },
};

const introducers = [
  "\u001b",
  "\u001b[",
  "\u001b]",
  "\u001bP",
  "\u001b_",
  "\u009b",
  "\u009d",
  "\u0090",
  "\u202e",
  "\u2066",
  "\u200b",
  "\ud83d",
  "\udc00",
];

function fuzzed(random: Random): string {
  const pieces = Array.from({ length: 1 + random.below(6) }, () => {
    switch (random.below(5)) {
      case 0:
        return random.pick(introducers);
      case 1:
        return random.pick(naughtyStrings).slice(0, 60);
      case 2:
        return String.fromCharCode(random.below(0x100));
      case 3:
        return String.fromCodePoint(random.below(0x11_0000));
      default:
        return `${random.below(200)};${random.below(200)}${random.pick(["m", "H", "J", "c", "n", "h", "l", "\u0007", "\u001b\\"])}`;
    }
  });
  return pieces.join("");
}
