/** Options and arguments that take one of a few words: the help lists them, and shells complete them. */
import type { Argument, Option } from "commander";

/** Unlike commander's `choices` it refuses nothing: the command does that, and says which word was probably meant. */
export function withWords<Part extends Option | Argument>(part: Part, words: readonly string[]): Part {
  part.argChoices = [...words];
  return part;
}
